import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { isUuid } from '../calls/call-lookups';
import { NotAuthenticated } from '../common/app-error';
import { AUDIO_TYPES, AudioKind } from '../common/audio-kind';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { Database } from '../database/database';
import { TimeSpan, timeSpan, WrittenSpan } from '../database/time-span';
import { AudioLinks } from '../files/audio-links';
import { FileKeeper } from '../files/file-keeper.service';
import { openPlayback, Playback, Wish } from '../files/playback';
import { FileStorage } from '../integrations/storage/file-storage';
import { VoiceInteraction } from './voice-interaction.entity';
import { NoInteractionAudio, VoiceInteractionNotFound } from './voice-interactions.errors';
import {
  interactionBy,
  InteractionFigures,
  interactionFigures,
  InteractionFilter,
  interactionPage,
  interactionTotal,
  StoredInteraction,
} from './voice-interactions.repository';

/** What a user writes of one. */
export type InteractionText = Pick<VoiceInteraction, 'transcript' | 'llmResponse'>;

export type NewInteraction = InteractionText &
  Pick<VoiceInteraction, 'source'> &
  Partial<Pick<VoiceInteraction, 'sessionId' | 'customerId' | 'audioFileUrl'>>;

/** A file to be kept with it. */
export interface InteractionAudio {
  bytes: Buffer;
  kind: AudioKind;
  sha256: string;
  durationMs: number | null;
}

export interface InteractionAnalytics extends TimeSpan {
  total: InteractionFigures;
  byDay: (InteractionFigures & { day: string })[];
}

/** What was said to the agent and what it answered: written down, read, counted, played, forgotten. */
@Injectable()
export class VoiceInteractions {
  private readonly log = new Logger(VoiceInteractions.name);

  constructor(
    private readonly db: Database,
    private readonly files: FileKeeper,
    private readonly storage: FileStorage,
    private readonly links: AudioLinks,
  ) {}

  /** Newest first. */
  async list(owner: Owner, filter: InteractionFilter): Promise<Page<StoredInteraction>> {
    const [rows, [count]] = await this.db.readAsOwner(
      owner,
      interactionPage(owner, filter),
      interactionTotal(owner, filter),
    );
    return { rows, total: count?.total ?? 0 };
  }

  /** @throws VoiceInteractionNotFound */
  async get(owner: Owner, id: string): Promise<StoredInteraction> {
    const [[found]] = isUuid(id) ? await this.db.readAsOwner(owner, interactionBy(owner, id)) : [[]];
    if (found === undefined) throw new VoiceInteractionNotFound();
    return found;
  }

  /** With its audio, or none of both. @throws StorageUnavailable */
  async create(owner: Owner, interaction: NewInteraction, audio?: InteractionAudio): Promise<StoredInteraction> {
    const id = randomUUID();
    const key = audio === undefined ? null : `voice-interactions/${id}.${audio.kind}`;
    if (audio !== undefined && key !== null) await this.files.put(key, audio.bytes, contentTypeOf(audio.kind));
    await this.db.asOwner(owner, async (tx) => {
      if (key !== null) await this.files.confirm(tx, key);
      await tx.insert(VoiceInteraction, {
        ...interaction,
        id,
        userId: owner.userId,
        storageKey: key,
        audioFormat: audio?.kind ?? null,
        sizeBytes: audio === undefined ? null : String(audio.bytes.length),
        sha256: audio?.sha256 ?? null,
        durationMs: audio?.durationMs ?? null,
      });
    });
    return this.get(owner, id);
  }

  /**
   * Another address, or none, takes the place of the audio that is kept here, which is then removed.
   * @throws VoiceInteractionNotFound
   */
  async update(
    owner: Owner,
    id: string,
    { audioFileUrl, ...text }: Partial<InteractionText & Pick<VoiceInteraction, 'audioFileUrl'>>,
  ): Promise<StoredInteraction> {
    if (!isUuid(id)) throw new VoiceInteractionNotFound();
    // Who writes back what was read has not said where else the audio is.
    const isOurs = typeof audioFileUrl === 'string' && this.links.isLinkTo('voice-interactions', id, audioFileUrl);
    const isMoved = audioFileUrl !== undefined && !isOurs;
    const moved = isMoved
      ? { audioFileUrl, storageKey: null, audioFormat: null, sizeBytes: null, sha256: null, durationMs: null }
      : {};
    await this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.update(
        VoiceInteraction,
        { userId: owner.userId, id },
        { ...text, ...moved, updatedAt: () => 'clock_timestamp()' },
      );
      if (affected !== 1) throw new VoiceInteractionNotFound();
    });
    return this.get(owner, id);
  }

  /** Its audio goes with it. @throws VoiceInteractionNotFound */
  async delete(owner: Owner, id: string): Promise<void> {
    if (!isUuid(id)) throw new VoiceInteractionNotFound();
    await this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.delete(VoiceInteraction, { userId: owner.userId, id });
      if (affected !== 1) throw new VoiceInteractionNotFound();
    });
  }

  async analytics(owner: Owner, span: WrittenSpan): Promise<InteractionAnalytics> {
    const [[times], [total, ...days]] = await this.db.readAsOwner(
      owner,
      timeSpan(owner, span),
      interactionFigures(owner, span),
    );
    if (times === undefined || total === undefined) throw new Error('No span was answered.');
    return { ...times, total, byDay: days.map((figures) => ({ ...figures, day: figures.day ?? '' })) };
  }

  /** For whoever has a link to it. @throws NoInteractionAudio, StorageUnavailable */
  async playById(id: string, wish: Wish): Promise<Playback> {
    if (!isUuid(id)) throw new NoInteractionAudio();
    const [row] = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_voice_interaction($1)', [id]);
    if (row === undefined) throw new NoInteractionAudio();
    const interaction = await this.get({ userId: row.user_id }, id).catch((error: unknown) => {
      throw error instanceof NotAuthenticated || error instanceof VoiceInteractionNotFound
        ? new NoInteractionAudio()
        : error;
    });
    const { storageKey, audioFormat, sizeBytes, sha256 } = interaction;
    if (storageKey === null) throw new NoInteractionAudio();
    const playback = await openPlayback(
      this.storage,
      {
        storageKey,
        fileName: `${id}.${audioFormat ?? ''}`,
        contentType: contentTypeOf(audioFormat),
        sizeBytes: Number(sizeBytes),
        sha256: sha256 ?? '',
      },
      wish,
    );
    if (playback === null) {
      this.log.error({ msg: 'The audio of a voice interaction is gone', interaction_id: id, user_id: row.user_id });
      throw new NoInteractionAudio('The audio is not in the storage any more.');
    }
    return playback;
  }
}

function contentTypeOf(format: string | null): string {
  return AUDIO_TYPES[format as AudioKind] ?? 'application/octet-stream';
}
