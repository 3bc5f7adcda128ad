import type { Utterance, VoiceBox } from '../speech/voice-box';
import type { AudioFormat } from './audio-format';
import type { BrainPart } from './brain/brain.port';
import { Conversation, type ItemRecord, type WireItem } from './conversation';
import type { AudioFormatSpec, MaxOutputTokens, OutputModalities, Voice } from './session-config';
import { audioMsOfTokens, type ResponseUsage } from './usage';
import type { WireErrorBody } from './wire-error';
import { wireId } from './wire-id';

/** How the simulated model behaves in time. */
export interface ModelPace {
  /** From the request to the first audio. */
  thinkingMs: number;
  /** How much faster than real time audio is sent. */
  speedup: number;
}

export const DEFAULT_PACE: ModelPace = { thinkingMs: 180, speedup: 6 };

/** Audio in one delta. */
const DELTA_MS = 200;
/** The transcript runs ahead of the audio by about a phrase. */
const TRANSCRIPT_LEAD_MS = 600;
const ARGUMENT_DELTA_CHARACTERS = 24;

export interface ResponseSettings {
  isOutOfBand: boolean;
  modalities: OutputModalities;
  maxOutputTokens: MaxOutputTokens;
  format: AudioFormat;
  formatSpec: AudioFormatSpec;
  voice: Voice;
  speed: number;
  metadata: Record<string, string> | null;
}

export interface ResponseDeps {
  send: (event: Record<string, unknown>) => void;
  voices: VoiceBox;
  conversation: Conversation;
  pace: ModelPace;
  /** Called once the answer is complete or cut; gives what it cost. */
  settle: (run: ResponseRun) => ResponseUsage;
  /** response.done has been sent. */
  onDone: () => void;
}

type Status = 'in_progress' | 'completed' | 'cancelled' | 'failed' | 'incomplete';

/** One response of the model, from response.created to response.done. */
export class ResponseRun {
  readonly id = wireId('resp');
  status: Status = 'in_progress';
  /** What was generated, for the bill. */
  readonly generated = { text: '', audioMs: 0 };
  hasSpoken = false;
  private details: Record<string, unknown> | null = null;
  private readonly output: WireItem[] = [];
  private wake: (() => void) | undefined;
  private isDropped = false;
  private isHeld = false;
  private isDeaf = false;

  constructor(
    readonly settings: ResponseSettings,
    private readonly deps: ResponseDeps,
  ) {}

  /** Says or calls what the model has thought of. `extraDelayMs` comes on top of the thinking time (fault `slow`). */
  async run(parts: BrainPart[], extraDelayMs: number): Promise<void> {
    const { send, pace } = this.deps;
    send({ type: 'response.created', response: this.view(null) });
    this.sendRateLimits();
    try {
      const prepared = this.prepare(parts);
      await this.pause(pace.thinkingMs + extraDelayMs);
      const spoken = (await this.orCancel(prepared)) ?? [];
      for (const [index, part] of parts.entries()) {
        if (this.status !== 'in_progress') break;
        if (part.kind === 'call') await this.call(index, part.name, JSON.stringify(part.arguments));
        else if (this.settings.modalities[0] === 'text') await this.write(index, part.text);
        else await this.speak(index, spoken[index] as Utterance);
      }
      if (this.status === 'in_progress') this.status = 'completed';
    } catch (error) {
      this.failWith('server_error', 'server_error', error instanceof Error ? error.message : String(error));
    }
    this.finish();
  }

  /** A response that the provider gives up at once. */
  fail(error: Pick<WireErrorBody, 'type' | 'code' | 'message'>): void {
    this.deps.send({ type: 'response.created', response: this.view(null) });
    this.failWith(error.type, error.code ?? error.type, error.message);
    this.finish();
  }

  /** A response that begins and never goes on; only a cancel ends it, and if it `isDeaf` not even that. */
  hang(isDeaf: boolean): void {
    this.deps.send({ type: 'response.created', response: this.view(null) });
    this.isHeld = true;
    this.isDeaf = isDeaf;
  }

  cancel(reason: 'turn_detected' | 'client_cancelled'): void {
    if (this.status !== 'in_progress' || this.isDeaf) return;
    this.status = 'cancelled';
    this.details = { type: 'cancelled', reason };
    if (this.isHeld) this.finish();
    this.wake?.();
  }

  /** The socket is gone: nothing more is sent. */
  drop(): void {
    this.isDropped = true;
    this.status = 'cancelled';
    this.wake?.();
  }

  private async prepare(parts: BrainPart[]): Promise<(Utterance | undefined)[]> {
    const { modalities, voice, speed } = this.settings;
    const name = typeof voice === 'string' ? voice : voice.id;
    return Promise.all(
      parts.map(async (part) => {
        if (part.kind === 'call' || modalities[0] === 'text') return undefined;
        return this.deps.voices.speak(part.text, name, speed);
      }),
    );
  }

  private async speak(index: number, utterance: Utterance): Promise<void> {
    const { format, speed, maxOutputTokens } = this.settings;
    const audio = await format.speak(this.deps.voices, utterance, speed);
    if (this.status !== 'in_progress') return;
    const limitMs = maxOutputTokens === 'inf' ? Infinity : audioMsOfTokens(maxOutputTokens);
    const record = this.begin(index, { type: 'message', role: 'assistant', content: [] });
    const at = { response_id: this.id, item_id: record.item.id, output_index: index, content_index: 0 };
    this.send({ type: 'response.content_part.added', ...at, part: { type: 'audio', transcript: '' } });
    record.words = utterance.words;
    const startedAt = performance.now();
    let words = 0;
    let transcript = '';
    for (let fromMs = 0; fromMs < utterance.durationMs; fromMs += DELTA_MS) {
      const toMs = Math.min(fromMs + DELTA_MS, utterance.durationMs);
      if (this.generated.audioMs + toMs - fromMs > limitMs) {
        this.status = 'incomplete';
        this.details = { type: 'incomplete', reason: 'max_output_tokens' };
        break;
      }
      for (; words < utterance.words.length; words++) {
        const word = utterance.words[words];
        if (!word || word.startMs > toMs + TRANSCRIPT_LEAD_MS) break;
        const delta = words === 0 ? word.text : ` ${word.text}`;
        transcript += delta;
        this.send({ type: 'response.output_audio_transcript.delta', ...at, delta });
      }
      const bytes = audio.subarray(fromMs * format.bytesPerMs, toMs * format.bytesPerMs);
      this.send({ type: 'response.output_audio.delta', ...at, delta: bytes.toString('base64') });
      record.audioMs = toMs;
      this.hasSpoken = true;
      this.generated.audioMs += toMs - fromMs;
      if (record.truncatedAtMs === null) record.knownText = transcript;
      // Checked after the delta: one that was under way when the cancel came still arrives, as at the real provider.
      if (this.status !== 'in_progress') break;
      if (toMs < utterance.durationMs) {
        await this.pause(startedAt + toMs / this.deps.pace.speedup - performance.now());
      }
    }
    this.generated.text += transcript;
    this.send({ type: 'response.output_audio.done', ...at });
    this.send({ type: 'response.output_audio_transcript.done', ...at, transcript });
    this.send({ type: 'response.content_part.done', ...at, part: { type: 'audio', transcript } });
    // A truncation that came in the meantime has already taken the transcript away.
    if (record.truncatedAtMs === null) record.item.content = [{ type: 'output_audio', transcript }];
    this.end(index, record);
  }

  private async write(index: number, text: string): Promise<void> {
    const record = this.begin(index, { type: 'message', role: 'assistant', content: [] });
    const at = { response_id: this.id, item_id: record.item.id, output_index: index, content_index: 0 };
    this.send({ type: 'response.content_part.added', ...at, part: { type: 'text', text: '' } });
    let written = '';
    for (const delta of text.match(/\s*\S+/gu) ?? []) {
      if (this.status !== 'in_progress') break;
      written += delta;
      this.send({ type: 'response.output_text.delta', ...at, delta });
      await this.pause(0);
    }
    record.knownText = written;
    record.item.content = [{ type: 'output_text', text: written }];
    this.generated.text += written;
    this.send({ type: 'response.output_text.done', ...at, text: written });
    this.send({ type: 'response.content_part.done', ...at, part: { type: 'text', text: written } });
    this.end(index, record);
  }

  private async call(index: number, name: string, args: string): Promise<void> {
    const callId = wireId('call');
    const record = this.begin(index, { type: 'function_call', name, call_id: callId, arguments: '' });
    const at = { response_id: this.id, item_id: record.item.id, output_index: index, call_id: callId };
    let written = '';
    while (written.length < args.length && this.status === 'in_progress') {
      const delta = args.slice(written.length, written.length + ARGUMENT_DELTA_CHARACTERS);
      written += delta;
      this.send({ type: 'response.function_call_arguments.delta', ...at, delta });
      await this.pause(0);
    }
    record.item.arguments = written;
    this.generated.text += written;
    this.send({ type: 'response.function_call_arguments.done', ...at, name, arguments: written });
    this.end(index, record);
  }

  private begin(index: number, parts: Omit<WireItem, 'id' | 'object' | 'status'>): ItemRecord {
    const item: WireItem = { id: wireId('item'), object: 'realtime.item', status: 'in_progress', ...parts };
    const { conversation } = this.deps;
    const previous = conversation.idBefore();
    // Out of band: an item of its own, in no conversation.
    const record = (this.settings.isOutOfBand ? new Conversation() : conversation).append(item);
    this.output.push(item);
    this.send({ type: 'response.output_item.added', response_id: this.id, output_index: index, item: { ...item } });
    if (!this.settings.isOutOfBand) {
      this.send({ type: 'conversation.item.added', previous_item_id: previous, item: { ...item } });
    }
    return record;
  }

  private end(index: number, { item }: ItemRecord): void {
    item.status = this.status === 'in_progress' ? 'completed' : 'incomplete';
    this.send({ type: 'response.output_item.done', response_id: this.id, output_index: index, item: { ...item } });
    if (this.settings.isOutOfBand) return;
    const previous = this.deps.conversation.idBefore(item.id);
    this.send({ type: 'conversation.item.done', previous_item_id: previous, item: { ...item } });
  }

  private finish(): void {
    const usage = this.deps.settle(this);
    this.send({ type: 'response.done', response: this.view(usage) });
    if (!this.isDropped) this.deps.onDone();
  }

  private failWith(type: string, code: string, message: string): void {
    this.status = 'failed';
    this.details = { type: 'failed', error: { type, code, message } };
  }

  private view(usage: ResponseUsage | null): Record<string, unknown> {
    const { modalities, maxOutputTokens, formatSpec, voice, metadata, isOutOfBand } = this.settings;
    return {
      object: 'realtime.response',
      id: this.id,
      status: this.status,
      status_details: this.details,
      output: this.output.map((item) => ({ ...item })),
      conversation_id: isOutOfBand ? null : this.deps.conversation.id,
      output_modalities: modalities,
      max_output_tokens: maxOutputTokens,
      audio: { output: { format: formatSpec, voice } },
      usage,
      metadata,
    };
  }

  private sendRateLimits(): void {
    const requests = { name: 'requests', limit: 1000, remaining: 999, reset_seconds: 60 };
    const tokens = { name: 'tokens', limit: 50_000, remaining: 49_950, reset_seconds: 60 };
    this.send({ type: 'rate_limits.updated', rate_limits: [requests, tokens] });
  }

  private send(event: Record<string, unknown>): void {
    if (!this.isDropped) this.deps.send(event);
  }

  /** What was awaited, or undefined as soon as the response is cancelled. */
  private async orCancel<T>(awaited: Promise<T>): Promise<T | undefined> {
    if (this.status !== 'in_progress') {
      // Nobody waits for it any more, so nobody needs to hear that it failed either.
      awaited.catch(() => undefined);
      return undefined;
    }
    const cancelled = new Promise<undefined>((resolve) => {
      this.wake = () => resolve(undefined);
    });
    try {
      return await Promise.race([awaited, cancelled]);
    } finally {
      this.wake = undefined;
    }
  }

  /** Waits, but no longer than until the response is cancelled. */
  private pause(ms: number): Promise<void> {
    if (this.status !== 'in_progress') return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), Math.max(0, ms));
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}
