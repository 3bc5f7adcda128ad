import { FRAME_BYTES, FRAME_MS, SILENCE_BYTE } from '../../media/g711';
import { loudnessOf } from '../phone/ear';
import type { CallTape } from '../phone/call-tape';
import type { WallClock } from '../wall-clock';
import type { RecordingSettings } from './call-settings';
import { newSid } from './sids';
import { mixedWavFile, wavFile } from './wav';
import { rfc2822, rfc2822OrNull } from './wire-dates';

export type RecordingStatus = 'in-progress' | 'paused' | 'stopped' | 'processing' | 'completed' | 'absent';

/** Below this a frame is silence for `trim-silence`. */
const SILENCE_MEAN = 50;

/** A stretch of the tape; a paused stretch is either left out or silent. */
interface Stretch {
  fromFrame: number;
  toFrame: number | undefined;
  isSilent: boolean;
}

/** A recording of one call: which part of the call's tape, in which form (reference/twilio.md section 4). */
export class Recording {
  readonly sid = newSid('RE');
  readonly createdAtMs: number;
  status: RecordingStatus = 'in-progress';
  updatedAtMs: number;
  private readonly stretches: Stretch[];
  /** What is left after trimming, in frames of the stretches laid end to end; `undefined` while it runs. */
  private kept: { fromFrame: number; toFrame: number } | undefined;

  constructor(
    readonly callSid: string,
    readonly settings: RecordingSettings,
    private readonly tape: CallTape,
    private readonly clock: WallClock,
  ) {
    this.createdAtMs = this.updatedAtMs = clock.nowMs();
    this.stretches = [{ fromFrame: tape.frames, toFrame: undefined, isSilent: false }];
  }

  get isRunning(): boolean {
    return this.status === 'in-progress' || this.status === 'paused';
  }

  /** Seconds, rounded as a bill would; `undefined` while it runs. */
  get durationSeconds(): number | undefined {
    if (!this.kept) return undefined;
    return Math.round(((this.kept.toFrame - this.kept.fromFrame) * FRAME_MS) / 1000);
  }

  pause(behaviour: 'skip' | 'silence'): void {
    this.cut();
    this.status = 'paused';
    this.updatedAtMs = this.clock.nowMs();
    if (behaviour === 'silence') {
      this.stretches.push({ fromFrame: this.tape.frames, toFrame: undefined, isSilent: true });
    }
  }

  resume(): void {
    this.cut();
    this.status = 'in-progress';
    this.updatedAtMs = this.clock.nowMs();
    this.stretches.push({ fromFrame: this.tape.frames, toFrame: undefined, isSilent: false });
  }

  /** Ends it; its audio stays the same from here on, and the carrier processes it for a moment. */
  stop(): void {
    if (!this.isRunning) return;
    this.cut();
    this.status = 'processing';
    this.updatedAtMs = this.clock.nowMs();
    const { party, platform } = this.untrimmed();
    this.kept = this.settings.trim ? audibleFrames(party, platform) : { fromFrame: 0, toFrame: framesOf(party) };
  }

  /** The carrier is through with it. */
  settle(): void {
    this.status = this.kept && this.kept.toFrame > this.kept.fromFrame ? 'completed' : 'absent';
    this.updatedAtMs = this.clock.nowMs();
  }

  /** @param channels 1 mixes both directions, 2 keeps the phone left and the platform right; default as recorded */
  wav(channels = this.settings.channels): Buffer {
    const { party, platform } = this.sides();
    return channels === 2 ? wavFile([party, platform]) : mixedWavFile(party, platform);
  }

  /** µ-law of what the phone said and of what it was played, as far as it was recorded. */
  sides(): { party: Buffer; platform: Buffer } {
    const { fromFrame, toFrame } = this.kept ?? { fromFrame: 0, toFrame: 0 };
    const { party, platform } = this.untrimmed();
    const cut = (side: Buffer) => side.subarray(fromFrame * FRAME_BYTES, toFrame * FRAME_BYTES);
    return { party: cut(party), platform: cut(platform) };
  }

  /** As the REST API shows it; numbers are strings there. */
  resource(accountSid: string): Record<string, unknown> {
    const uri = `/2010-04-01/Accounts/${accountSid}/Recordings/${this.sid}`;
    return {
      sid: this.sid,
      account_sid: accountSid,
      call_sid: this.callSid,
      conference_sid: null,
      api_version: '2010-04-01',
      status: this.status,
      channels: this.settings.channels,
      source: this.settings.source,
      track: this.settings.track,
      error_code: this.status === 'absent' ? 16101 : null,
      duration: this.durationSeconds === undefined ? null : String(this.durationSeconds),
      start_time: rfc2822(this.createdAtMs),
      date_created: rfc2822(this.createdAtMs),
      date_updated: rfc2822OrNull(this.updatedAtMs),
      price: null,
      price_unit: 'USD',
      encryption_details: null,
      media_url: `https://api.twilio.com${uri}`,
      uri: `${uri}.json`,
      subresource_uris: {
        add_on_results: `${uri}/AddOnResults.json`,
        transcriptions: `${uri}/Transcriptions.json`,
      },
    };
  }

  private untrimmed(): { party: Buffer; platform: Buffer } {
    const { track } = this.settings;
    const sides = this.stretches.map(({ fromFrame, toFrame = fromFrame, isSilent }) => {
      const { party, platform } = this.tape.read(fromFrame, toFrame);
      if (isSilent || track === 'outbound') party.fill(SILENCE_BYTE);
      if (isSilent || track === 'inbound') platform.fill(SILENCE_BYTE);
      return { party, platform };
    });
    return {
      party: Buffer.concat(sides.map((side) => side.party)),
      platform: Buffer.concat(sides.map((side) => side.platform)),
    };
  }

  private cut(): void {
    const last = this.stretches.at(-1);
    if (last && last.toFrame === undefined) last.toFrame = this.tape.frames;
  }
}

function framesOf(audio: Buffer): number {
  return audio.length / FRAME_BYTES;
}

/** From the first to the last frame in which somebody makes a sound. */
function audibleFrames(party: Buffer, platform: Buffer): { fromFrame: number; toFrame: number } {
  const isSilent = (frame: number) =>
    [party, platform].every(
      (side) => loudnessOf(side.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES)) < SILENCE_MEAN,
    );
  let fromFrame = 0;
  let toFrame = framesOf(party);
  while (fromFrame < toFrame && isSilent(fromFrame)) fromFrame += 1;
  while (toFrame > fromFrame && isSilent(toFrame - 1)) toFrame -= 1;
  return { fromFrame, toFrame };
}
