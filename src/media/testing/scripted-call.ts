import { MULAW_8K } from '../audio-format';
import { CallBridge, type BridgeEnd, type ToolCall, type Turn } from '../call-bridge';
import type { VoicemailResult } from '../call-events';
import type { CallPlan } from '../call-plan';
import { FRAME_BYTES, FRAME_MS, SILENCE_BYTE, payloadMs } from '../g711';
import { DEFAULT_INTERRUPTION_POLICY } from '../interruption-policy';
import type { BridgeSocket, ModelListener } from '../sockets';
import { ManualClock } from './manual-clock';

export type Message = Record<string, unknown>;

export const DISCLOSURE = 'This is an automated assistant calling for the Blue Door bakery.';
export const GREETING = 'Do you have a minute to talk about your order?';

export function aPlan(plan: Partial<CallPlan> = {}): CallPlan {
  return {
    instructions: 'You are a friendly baker.',
    audio: MULAW_8K,
    voice: 'marin',
    transcriptionModel: 'gpt-transcribe',
    language: 'en',
    tools: [{ name: 'end_call', description: 'Hangs up.', parameters: { type: 'object', properties: {} } }],
    whoSpeaksFirst: 'agent',
    maxDurationMs: 600_000,
    silence: { repromptAfterMs: 8000, endAfterMs: 7000 },
    interruption: DEFAULT_INTERRUPTION_POLICY,
    phrases: {
      stillThere: 'Are you still there?',
      silenceGoodbye: 'Goodbye then.',
      timeUpGoodbye: 'Our time is up.',
      troubleGoodbye: 'We have a technical problem. Goodbye.',
    },
    ...plan,
  };
}

/** A payload of so many milliseconds. */
export function audioOf(ms: number, byte = 0x55): string {
  return Buffer.alloc(ms * 8, byte).toString('base64');
}

export class RecordedSocket implements BridgeSocket {
  /** What a reader has left unread; set by a spec. */
  bufferedAmount = 0;
  isPaused = false;
  readonly texts: string[] = [];
  closed: { code: number; reason: string } | null = null;
  onSend: (message: Message) => void = () => undefined;

  send(text: string): void {
    this.texts.push(text);
    this.onSend(JSON.parse(text) as Message);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  get messages(): Message[] {
    return this.texts.map((text) => JSON.parse(text) as Message);
  }

  /** Messages whose `type` or `event` is this. */
  of(kind: string): Message[] {
    return this.messages.filter((message) => message['type'] === kind || message['event'] === kind);
  }
}

/** The pieces of one scripted response. */
export interface ResponseScript {
  responseId: string;
  itemId: string;
  text: string;
  audioMs: number;
  deltaMs?: number;
  previousItemId?: string;
}

interface ScriptedSession {
  readonly socket: RecordedSocket;
  readonly listener: ModelListener;
  /** Updates that its server has confirmed. */
  updates: number;
}

function toldBy(item: Message): string {
  switch (item['type']) {
    case 'function_call':
      return `call: ${item['name'] as string}`;
    case 'function_call_output':
      return `result: ${item['output'] as string}`;
    default:
      return `${item['role'] as string}: ${(item['content'] as { text: string }[]).map(({ text }) => text).join()}`;
  }
}

/**
 * A bridge between a scripted model and a carrier that plays what it is sent while the clock is moved, sends marks back
 * when it gets to them, and drops its audio on `clear` (all marks come back at once), as Twilio does.
 */
export class ScriptedCall {
  readonly clock = new ManualClock();
  /** Sessions of the model, in the order in which they were opened. */
  readonly sessions: ScriptedSession[] = [];
  /** Sockets of the model open when they are asked to; a spec that refuses them says so. */
  opensModels = true;
  readonly carrier = new RecordedSocket();
  readonly turns: Turn[] = [];
  readonly toolCalls: ToolCall[] = [];
  readonly usage: { usage: Message; source: string }[] = [];
  readonly troubles: string[] = [];
  readonly finished: BridgeEnd[] = [];
  readonly voicemails: VoicemailResult[] = [];
  unsaid: string | null = null;
  readonly bridge: CallBridge;
  onToolCall: (call: ToolCall) => void = () => undefined;

  private readonly plays: ({ audioMs: number } | { mark: string })[] = [];
  private frames = 0;
  private heardIndex: number | null = null;

  constructor(plan: Partial<CallPlan> = {}) {
    this.carrier.onSend = (message) => this.carrierGot(message);
    this.bridge = new CallBridge({
      plan: aPlan(plan),
      models: {
        open: (listener) => {
          const socket = new RecordedSocket();
          this.sessions.push({ socket, listener, updates: 0 });
          if (this.opensModels) listener.onOpen(socket);
          else listener.onUnavailable({ detail: 'refused', isFinal: false });
        },
      },
      clock: this.clock,
      events: {
        onTurn: (turn) => this.turns.push(turn),
        onToolCall: (call) => {
          this.toolCalls.push(call);
          this.onToolCall(call);
        },
        onUsage: (usage, source) => this.usage.push({ usage, source }),
        onTrouble: (what, detail) => this.troubles.push(detail === undefined ? what : `${what} ${detail}`),
        onVoicemail: (result) => this.voicemails.push(result),
        onFinished: (end, unsaid) => {
          this.finished.push(end);
          this.unsaid = unsaid;
        },
      },
    });
  }

  /** The newest session's socket, or that of the session chosen by {@link use}. */
  get model(): RecordedSocket {
    return this.session.socket;
  }

  private get session(): ScriptedSession {
    const session = this.sessions.at(this.heardIndex ?? -1);
    if (session === undefined) throw new Error('No such session was opened');
    return session;
  }

  /** Whose server speaks from now on: a session by its number; null for the newest, whichever that is. */
  use(index: number | null): this {
    this.heardIndex = index;
    return this;
  }

  /** What the session was told in words, as `user: ...`, `assistant: ...`, `call: ...` and `result: ...`. */
  get told(): string[] {
    return this.model.of('conversation.item.create').map(({ item }) => toldBy(item as Message));
  }

  /** Caller audio that the session was given, one piece for each message. */
  get appended(): Buffer[] {
    return this.model.of('input_audio_buffer.append').map(({ audio }) => Buffer.from(audio as string, 'base64'));
  }

  /** An event of the session's server. */
  event(message: Message): void {
    this.text(JSON.stringify(message));
  }

  text(message: string): void {
    this.session.listener.onMessage(message);
  }

  /** The session's socket breaks. */
  dropModel(code = 1006, reason = ''): void {
    this.session.listener.onClosed(code, reason);
  }

  /** Created (to live for `lifeMs`, when that is said), configured: what happens while the phone rings. */
  ring(lifeMs: number | null = null): this {
    const session = lifeMs === null ? {} : { expires_at: (this.clock.epochMs() + lifeMs) / 1000 };
    this.event({ type: 'session.created', session });
    this.confirm();
    return this;
  }

  answer(): this {
    this.bridge.attachCarrier(this.carrier, 'MZ1');
    return this;
  }

  /** The server confirms the session.updates it has not confirmed yet. */
  confirm(): void {
    const { session } = this;
    const updates = session.socket.of('session.update');
    while (session.updates < updates.length) {
      const update = updates[session.updates++];
      session.listener.onMessage(JSON.stringify({ type: 'session.updated', session: update?.['session'] }));
    }
  }

  /** The newest response.create. */
  lastCreate(): { instructions?: string; requestId: string; toolChoice?: string } {
    const create = this.model.of('response.create').at(-1);
    const response = (create?.['response'] ?? {}) as Message;
    const { request_id: requestId } = response['metadata'] as { request_id: string };
    return {
      requestId,
      instructions: response['instructions'] as string | undefined,
      toolChoice: response['tool_choice'] as string | undefined,
    };
  }

  begin(responseId: string, requestId: string | null = null): void {
    const metadata = requestId === null ? null : { request_id: requestId };
    this.event({ type: 'response.created', response: { id: responseId, status: 'in_progress', metadata } });
  }

  /** Text and audio of an item, as far as told; nothing is ended. */
  speak({ responseId, itemId, text, audioMs, deltaMs = 200, previousItemId }: ResponseScript): void {
    const item = { id: itemId, type: 'message', role: 'assistant' };
    this.event({ type: 'conversation.item.added', previous_item_id: previousItemId ?? null, item });
    const where = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
    this.event({ type: 'response.output_audio_transcript.delta', ...where, delta: text });
    for (let sentMs = 0; sentMs < audioMs; sentMs += deltaMs) {
      this.delta(responseId, itemId, Math.min(deltaMs, audioMs - sentMs));
    }
  }

  delta(responseId: string, itemId: string, audioMs: number, byte?: number): void {
    const where = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
    this.event({ type: 'response.output_audio.delta', event_id: 'event_1', ...where, delta: audioOf(audioMs, byte) });
  }

  /** The ends of an item and its response. */
  end({ responseId, itemId, text }: ResponseScript, status = 'completed', more: Message[] = []): void {
    const where = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
    const content = [{ type: 'output_audio', transcript: text }];
    const item = { id: itemId, type: 'message', role: 'assistant', content };
    this.event({ type: 'response.output_audio.done', ...where });
    this.event({ type: 'response.output_audio_transcript.done', ...where, transcript: text });
    this.event({ type: 'response.output_item.done', response_id: responseId, output_index: 0, item });
    this.done(responseId, status, [item, ...more]);
  }

  done(responseId: string, status = 'completed', output: Message[] = [], details: Message | null = null): void {
    const response = { id: responseId, status, output, status_details: details, usage: { total_tokens: 7 } };
    this.event({ type: 'response.done', response });
  }

  /** A whole response to the newest response.create, or of the server's own accord. */
  respond(script: ResponseScript, requestId: string | null = this.lastCreate().requestId): void {
    this.begin(script.responseId, requestId);
    this.speak(script);
    this.end(script);
  }

  speechStarted(itemId: string, audioStartMs = 0): void {
    this.event({ type: 'input_audio_buffer.speech_started', item_id: itemId, audio_start_ms: audioStartMs });
  }

  speechStopped(itemId: string, audioEndMs: number, previousItemId: string | null = null): void {
    this.event({ type: 'input_audio_buffer.speech_stopped', item_id: itemId, audio_end_ms: audioEndMs });
    this.event({ type: 'input_audio_buffer.committed', item_id: itemId, previous_item_id: previousItemId });
  }

  transcribed(itemId: string, transcript: string): void {
    const type = 'conversation.item.input_audio_transcription.completed';
    this.event({ type, item_id: itemId, content_index: 0, transcript, usage: { type: 'duration', seconds: 2 } });
  }

  /** A frame from the caller, with its place in the stream. */
  frame(byte = SILENCE_BYTE): void {
    const n = ++this.frames;
    this.fromCarrier({
      event: 'media',
      sequenceNumber: String(n + 1),
      streamSid: 'MZ1',
      media: {
        track: 'inbound',
        chunk: String(n),
        timestamp: String((n - 1) * FRAME_MS),
        payload: Buffer.alloc(FRAME_BYTES, byte).toString('base64'),
      },
    });
  }

  /** Time passes while the caller is heard: a frame of this every 20 ms. */
  hear(ms: number, byte = SILENCE_BYTE): void {
    for (let heard = 0; heard < ms; heard += FRAME_MS) {
      this.frame(byte);
      this.pass(FRAME_MS);
    }
  }

  fromCarrier(message: Message): void {
    this.bridge.onCarrierMessage(JSON.stringify(message));
  }

  press(digit: string): void {
    this.fromCarrier({ event: 'dtmf', streamSid: 'MZ1', dtmf: { track: 'inbound_track', digit } });
  }

  hangUp(): void {
    this.fromCarrier({ event: 'stop', streamSid: 'MZ1', stop: { callSid: 'CA1' } });
  }

  /** Time passes in steps of a frame: the carrier plays, and sends the marks it gets to. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += FRAME_MS) {
      this.clock.advance(Math.min(FRAME_MS, ms - passed));
      this.playMs(Math.min(FRAME_MS, ms - passed));
    }
  }

  /** Audio that waits at the carrier. */
  get unplayedMs(): number {
    return this.plays.reduce((sum, play) => sum + ('audioMs' in play ? play.audioMs : 0), 0);
  }

  private playMs(ms: number): void {
    let left = ms;
    for (let play = this.plays[0]; play !== undefined; play = this.plays[0]) {
      if ('mark' in play) {
        this.plays.shift();
        this.returnMark(play.mark);
        continue;
      }
      const played = Math.min(left, play.audioMs);
      play.audioMs -= played;
      left -= played;
      if (play.audioMs > 0) return;
      this.plays.shift();
    }
  }

  returnMark(name: string): void {
    this.fromCarrier({ event: 'mark', sequenceNumber: '9', streamSid: 'MZ1', mark: { name } });
  }

  private carrierGot(message: Message): void {
    if (message['event'] === 'media') {
      this.plays.push({ audioMs: payloadMs((message['media'] as { payload: string }).payload) });
    } else if (message['event'] === 'mark') {
      this.plays.push({ mark: (message['mark'] as { name: string }).name });
    } else if (message['event'] === 'clear') {
      const marks = this.plays.splice(0);
      for (const play of marks) if ('mark' in play) this.returnMark(play.mark);
    }
  }
}
