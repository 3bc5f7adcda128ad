import type { Strike } from '../faults';
import type { VoiceBox } from '../speech/voice-box';
import { audioFormat, type AudioFormat } from './audio-format';
import type { Conversation, ItemRecord } from './conversation';
import { InputAudio } from './input-audio';
import type { SessionConfig, TurnDetection } from './session-config';
import { Transcriber } from './transcriber';
import { TurnDetector, type TurnEvent } from './turn-detector';
import { WireError } from './wire-error';
import { wireId } from './wire-id';

/** The provider's smallest turn. */
const MIN_COMMIT_MS = 100;
/** 15 MiB of audio as base64. */
const MAX_APPEND_CHARACTERS = 20 * 1024 * 1024;
/** Audio kept from before a turn beyond the prefix, so that a turn that begins is there in full. */
const KEPT_BEFORE_TURN_MS = 500;

export interface UserAudioDeps {
  voices: VoiceBox;
  conversation: Conversation;
  takeFault: (fault: string) => Strike | undefined;
  send: (event: Record<string, unknown>) => void;
  /** The person has begun to speak. */
  onSpeechStarted: () => void;
  /** Turn detection has committed a turn. */
  onTurn: () => void;
  /** Whether the model is speaking: nobody is asked for an answer then. */
  isResponding: () => boolean;
}

/** What the person says: the input buffer, its turns, the items they become, and their transcription. */
export class UserAudio {
  readonly counts = { appends: 0, audioBytesIn: 0 };
  private input: InputAudio;
  private detector: TurnDetector | undefined;
  private readonly transcriber: Transcriber;
  /** The item that the turn in progress will become. */
  private comingItemId: string | undefined;
  /** In audio time: when a silent person is to be asked (`idle_timeout_ms`). */
  private idleAtMs: number | undefined;

  constructor(
    private config: SessionConfig['audio']['input'],
    private readonly deps: UserAudioDeps,
  ) {
    this.input = new InputAudio(audioFormat(config.format), 0);
    this.detector = this.newDetector(config.turn_detection);
    this.transcriber = new Transcriber(deps.send, deps.takeFault);
  }

  get format(): AudioFormat {
    return this.input.format;
  }

  configure(config: SessionConfig['audio']['input']): void {
    const before = this.config;
    this.config = config;
    if (config.format.type !== before.format.type) {
      this.input = new InputAudio(audioFormat(config.format), this.input.endMs);
      this.restartDetector();
    } else if (this.detector && config.turn_detection) {
      this.detector.settings = config.turn_detection;
    } else if (config.turn_detection !== before.turn_detection) {
      this.restartDetector();
    }
  }

  /** @throws WireError */
  append(base64: string): void {
    if (base64.length > MAX_APPEND_CHARACTERS || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
      const message = "Invalid 'audio'. Expected base64-encoded audio bytes of at most 15 MiB.";
      throw new WireError('invalid_value', message, 'audio');
    }
    const bytes = Buffer.from(base64, 'base64');
    this.counts.appends++;
    this.counts.audioBytesIn += bytes.length;
    this.input.append(bytes);
    const detector = this.detector;
    if (!detector) return;
    this.input.measure((rms, startMs) => {
      const turn = detector.push(rms, startMs);
      if (turn) this.onTurnEvent(turn);
    });
    if (!detector.isSpeaking) this.trimBeforeTurn(detector);
    this.checkIdle(detector);
  }

  /** @throws WireError */
  commit(): void {
    const bufferedMs = this.input.keptMs;
    if (bufferedMs < MIN_COMMIT_MS) {
      const message =
        'Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, ' +
        `but buffer only has ${bufferedMs.toFixed(2)}ms of audio.`;
      throw new WireError('input_audio_buffer_commit_empty', message);
    }
    const audio = this.input.all();
    this.input.dropAll();
    this.detector?.reset();
    this.addItem(this.takeItemId(), audio);
  }

  clear(): void {
    this.input.dropAll();
    this.detector?.reset();
    this.comingItemId = undefined;
    this.deps.send({ type: 'input_audio_buffer.cleared' });
  }

  /** The model has spoken; its audio goes on playing for that long. From then on an answer is awaited. */
  awaitAnswer(playingMs: number): void {
    const settings = this.config.turn_detection;
    if (settings?.type !== 'server_vad' || settings.idle_timeout_ms === null) return;
    this.idleAtMs = this.input.endMs + playingMs + settings.idle_timeout_ms;
  }

  stopAwaiting(): void {
    this.idleAtMs = undefined;
  }

  close(): void {
    this.transcriber.close();
  }

  private restartDetector(): void {
    this.comingItemId = undefined;
    this.detector = this.newDetector(this.config.turn_detection);
  }

  private newDetector(settings: TurnDetection | null): TurnDetector | undefined {
    if (!settings) return undefined;
    return new TurnDetector(settings, (audioStartMs) => {
      const said = this.format.transcribe(this.deps.voices, this.input.between(audioStartMs, this.input.endMs));
      return /[.!?…]["')\]]*$/u.test(said);
    });
  }

  private trimBeforeTurn({ settings, clockMs }: TurnDetector): void {
    const prefixMs = settings.type === 'server_vad' ? settings.prefix_padding_ms : 0;
    this.input.dropBefore(clockMs - prefixMs - KEPT_BEFORE_TURN_MS);
  }

  private onTurnEvent(turn: TurnEvent): void {
    const { send } = this.deps;
    if (turn.kind === 'started') {
      this.idleAtMs = undefined;
      const itemId = (this.comingItemId = wireId('item'));
      send({ type: 'input_audio_buffer.speech_started', audio_start_ms: turn.audioStartMs, item_id: itemId });
      this.deps.onSpeechStarted();
      return;
    }
    const itemId = this.takeItemId();
    send({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: turn.audioEndMs, item_id: itemId });
    const audio = this.input.between(turn.audioStartMs, turn.audioEndMs);
    this.input.dropBefore(turn.audioEndMs);
    this.addItem(itemId, audio);
    this.deps.onTurn();
  }

  /** A person who stays silent after the model has spoken is asked once (`idle_timeout_ms`). */
  private checkIdle({ settings, clockMs }: TurnDetector): void {
    if (this.idleAtMs === undefined || clockMs < this.idleAtMs || this.deps.isResponding()) return;
    this.idleAtMs = undefined;
    const timeoutMs = settings.type === 'server_vad' ? settings.idle_timeout_ms : null;
    if (timeoutMs === null) return;
    const itemId = wireId('item');
    const audioStartMs = Math.max(0, clockMs - timeoutMs);
    this.deps.send({
      type: 'input_audio_buffer.timeout_triggered',
      audio_start_ms: audioStartMs,
      audio_end_ms: clockMs,
      item_id: itemId,
    });
    this.input.dropAll();
    this.addItem(itemId, Buffer.alloc(0));
    this.deps.onTurn();
  }

  private takeItemId(): string {
    const itemId = this.comingItemId ?? wireId('item');
    this.comingItemId = undefined;
    return itemId;
  }

  private addItem(itemId: string, audio: Buffer): void {
    const { conversation, voices, send } = this.deps;
    const previous = conversation.idBefore();
    const record: ItemRecord = conversation.append(
      {
        id: itemId,
        object: 'realtime.item',
        type: 'message',
        status: 'completed',
        role: 'user',
        content: [{ type: 'input_audio', transcript: null }],
      },
      { knownText: this.format.transcribe(voices, audio), audioMs: audio.length / this.format.bytesPerMs },
    );
    send({ type: 'input_audio_buffer.committed', previous_item_id: previous, item_id: itemId });
    send({ type: 'conversation.item.added', previous_item_id: previous, item: record.item });
    send({ type: 'conversation.item.done', previous_item_id: previous, item: record.item });
    if (this.config.transcription) this.transcriber.transcribe(record);
  }
}
