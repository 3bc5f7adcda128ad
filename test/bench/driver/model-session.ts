import { type FrameLedger, OWN_FRAMES } from './frame-ledger';
import type { LatencyHistogram } from './latency-histogram';
import {
  FRAME_BYTES,
  FRAME_MS,
  framePayload,
  type FrameTag,
  isFrameOf,
  PAYLOAD_CHARS,
  readTag,
  writeResponse,
  writeTag,
} from './tagged-audio';
import { frameFor, type MessageHandler, PROTOCOL_ERROR, type WireSocket } from './web-socket-wire';

const APPEND_HEAD = '{"type":"input_audio_buffer.append","audio":"';
const APPEND_TAIL = '"}';
/** Where the words of a client event's type begin, and the one that tells an append from commit and clear. */
const TYPE_AT = '{"type":"'.length;
const KIND_AT = '{"type":"input_audio_buffer.'.length;
const LETTER_I = 0x69;
const LETTER_A = 0x61;
const ZERO = 0x30;
const EVENT_DIGITS = 8;
/** The first audio of a call, while its phone rings. */
const OPENING_FRAMES = 20;
/** People speak about three words a second, and the transcript comes word by word. */
const FRAMES_PER_WORD = 16;
const VAD_PADDING_MS = 300;
/** A response is named in 24 bits: its session, and which of its responses it is. */
const RESPONSE_BITS = 8;
const RESPONSE_MASK = 0xff;
const SESSION_MASK = 0xffff;
const SESSION_LIFE_S = 3600;
/** Shares that differ as much as they can from one call to the next. */
const GOLDEN = 0.618_033_988_75;
const WORDS = 'so this is what you have just told me and I say it back to you'.split(' ');

/** How the conversations of a run go. */
export interface ConversationScript {
  /** `echo`: plays back what the caller says, in turns. `silent`: says the opening, and then only what it is told to. */
  kind: 'echo' | 'silent';
  /** Frames of the caller that are echoed in one response. */
  responseFrames: number;
  /** From the end of a response to the customer's next words. */
  pauseFrames: number;
  /** How long the customer is said to speak. */
  speechFrames: number;
  /** Calls of a run begin their first turn at different moments within so many frames, to be spread ever after. */
  spreadFrames?: number;
  /** What the model takes to configure a session. */
  configureMs(call: number | null): number;
}

export interface ModelSessionEvents {
  /** The session belongs to this call, as its configuration says. */
  onCall(session: ModelSession, call: number): void;
  onClosed(session: ModelSession): void;
}

/** What the driver keeps of a call; sessions come and go. */
export interface ModelSideOfCall {
  readonly toModel: FrameLedger;
  readonly toPhone: FrameLedger;
  readonly latency: () => LatencyHistogram | null;
  /** Frames that came in appends with others. */
  joinedFrames: number;
  /** Audio that came before the session was configured. */
  earlyAppends: number;
  /** Frames without a tag: silence that the relay has filled in. */
  silentFrames: number;
  /** What the model has answered with an error. */
  errors: string[];
}

interface Response {
  id: string;
  itemId: string;
  number: number;
  words: string[];
  frames: number;
  limitFrames: number;
  isEcho: boolean;
  delta: DeltaTemplate;
}

interface DeltaTemplate {
  bytes: Buffer;
  eventDigitsAt: number;
  payloadAt: number;
}

type SessionConfig = Record<string, unknown> & {
  instructions?: string;
  audio?: {
    input?: { turn_detection?: { create_response?: boolean; interrupt_response?: boolean } };
    output?: Record<string, unknown>;
  };
};

/** One session of the model: the GA protocol as far as an attentive client can tell, with an echo in place of a mind. */
export class ModelSession implements MessageHandler {
  call: number | null = null;
  isConfigured = false;
  configuredAtMs: number | null = null;
  firstAppendAtMs: number | null = null;
  createsResponses = false;
  responsesMade = 0;

  private socket: WireSocket | null = null;
  private side: ModelSideOfCall | null = null;
  private session: SessionConfig = {};
  private response: Response | null = null;
  private state: 'pause' | 'speech' | 'thinking' = 'pause';
  private stateFrames = 0;
  /** What is left of the wait before the first turn of the call. */
  private spreadFrames = 0;
  private framesHeard = 0;
  private events = 0;
  private ids = 0;
  private lastItemId: string | null = null;
  private speechItemId: string | null = null;
  private ownFrames = 0;
  /** Audio that came before the session was configured, and perhaps before it said whose it is. */
  private earlyAppends = 0;
  private payload: Buffer = Buffer.alloc(0);
  private configureTimer: NodeJS.Timeout | null = null;
  private readonly tag: FrameTag = { call: 0, frame: 0, response: 0 };

  constructor(
    readonly number: number,
    private readonly script: ConversationScript,
    private readonly hooks: ModelSessionEvents,
  ) {}

  get isOpen(): boolean {
    return this.socket?.isOpen === true;
  }

  get isResponding(): boolean {
    return this.response !== null;
  }

  /** Nobody speaks, in the middle of the conversation. */
  get isPausing(): boolean {
    return this.response === null && this.state === 'pause';
  }

  /** Whether frames with this tag belong to a response of this session. */
  isItsResponse(tag: number): boolean {
    return tag >>> RESPONSE_BITS === (this.number & SESSION_MASK);
  }

  get bufferedBytes(): number {
    return this.socket?.bufferedBytes ?? 0;
  }

  begin(socket: WireSocket): void {
    this.socket = socket;
    this.send('session.created', {
      session: { object: 'realtime.session', id: this.id('sess'), expires_at: this.expiresAt() },
    });
  }

  adopt(call: number, side: ModelSideOfCall, isFirst: boolean): void {
    this.call = call;
    this.side = side;
    this.payload = framePayload(call);
    side.earlyAppends += this.earlyAppends;
    if (isFirst) this.spreadFrames = Math.floor((this.script.spreadFrames ?? 0) * ((call * GOLDEN) % 1));
  }

  /** Sessions of the bare floor belong to a call from the start and need no configuration. */
  configureFreely(): void {
    this.isConfigured = true;
    this.createsResponses = true;
  }

  /** The network cuts the line. */
  cut(): void {
    this.socket?.destroy();
  }

  pauseReading(): void {
    this.socket?.pause();
  }

  onClose(code: number): void {
    if (code === PROTOCOL_ERROR && this.side !== null) this.side.toModel.unknown++;
    if (this.configureTimer !== null) clearTimeout(this.configureTimer);
    this.hooks.onClosed(this);
  }

  onText(bytes: Buffer, start: number, end: number): void {
    if (bytes[start + TYPE_AT] === LETTER_I && bytes[start + KIND_AT] === LETTER_A) {
      this.append(bytes, start + APPEND_HEAD.length, end - APPEND_TAIL.length);
    } else {
      this.onEvent(JSON.parse(bytes.toString('utf8', start, end)) as Record<string, unknown>);
    }
  }

  /** Begins a response of its own accord. Answers the number that its frames carry. */
  startResponse(limitFrames: number, options: { isEcho: boolean; requestId?: string; words?: string[] }): number {
    const number = ((this.number & SESSION_MASK) << RESPONSE_BITS) | (++this.responsesMade & RESPONSE_MASK);
    const id = this.id('resp');
    const itemId = this.id('item');
    this.send('response.created', {
      response: {
        object: 'realtime.response',
        id,
        status: 'in_progress',
        status_details: null,
        output: [],
        conversation_id: 'conv_bench',
        output_modalities: ['audio'],
        usage: null,
        metadata: options.requestId === undefined ? null : { request_id: options.requestId },
      },
    });
    const item = { id: itemId, object: 'realtime.item', type: 'message', role: 'assistant', content: [] };
    this.send('response.output_item.added', {
      response_id: id,
      output_index: 0,
      item: { ...item, status: 'in_progress' },
    });
    this.send('conversation.item.added', {
      previous_item_id: this.lastItemId,
      item: { ...item, status: 'in_progress' },
    });
    this.lastItemId = itemId;
    this.send('response.content_part.added', {
      ...partOf(id, itemId),
      part: { type: 'audio', transcript: '' },
    });
    this.response = {
      id,
      itemId,
      number,
      words: options.words ?? [],
      frames: 0,
      limitFrames,
      isEcho: options.isEcho,
      delta: deltaTemplate(id, itemId),
    };
    if (options.words !== undefined) this.sendTranscript(this.response, options.words.join(' '));
    return number;
  }

  /** Says something of its own in the response under way: so many frames, each in a delta of its own. */
  say(frames: number): void {
    for (let i = 0; i < frames; i++) {
      if (this.response === null) return;
      this.sendOwnFrame(this.response);
    }
  }

  /** Ends the response under way. */
  endResponse(status: 'completed' | 'cancelled' = 'completed'): void {
    const { response } = this;
    if (response === null) return;
    this.response = null;
    const { id, itemId } = response;
    const transcript = response.words.join(' ');
    const item = {
      id: itemId,
      object: 'realtime.item',
      type: 'message',
      status: status === 'completed' ? 'completed' : 'incomplete',
      role: 'assistant',
      content: [{ type: 'output_audio', transcript }],
    };
    this.send('response.output_audio.done', partOf(id, itemId));
    this.send('response.output_audio_transcript.done', { ...partOf(id, itemId), transcript });
    this.send('response.content_part.done', { ...partOf(id, itemId), part: { type: 'audio', transcript } });
    this.send('response.output_item.done', { response_id: id, output_index: 0, item });
    this.send('conversation.item.done', { previous_item_id: null, item });
    this.send('response.done', {
      response: {
        object: 'realtime.response',
        id,
        status,
        status_details: status === 'completed' ? null : { type: 'cancelled', reason: 'turn_detected' },
        output: [item],
        conversation_id: 'conv_bench',
        usage: {
          total_tokens: 253,
          input_tokens: 132,
          output_tokens: 121,
          input_token_details: { text_tokens: 119, audio_tokens: 13, cached_tokens: 64 },
          output_token_details: { text_tokens: 30, audio_tokens: 91 },
        },
      },
    });
    this.enter('pause');
  }

  /** The customer begins to speak. */
  speechStarts(): void {
    this.speechItemId = this.id('item');
    this.send('input_audio_buffer.speech_started', {
      audio_start_ms: Math.max(0, this.framesHeard * FRAME_MS - VAD_PADDING_MS),
      item_id: this.speechItemId,
    });
  }

  /** The customer has finished; answers the id of what they said. */
  speechStops(words: string): void {
    const itemId = this.speechItemId ?? this.id('item');
    this.speechItemId = null;
    this.send('input_audio_buffer.speech_stopped', { audio_end_ms: this.framesHeard * FRAME_MS, item_id: itemId });
    this.commit(itemId, words);
  }

  private commit(itemId: string, words: string): void {
    const previous = this.lastItemId;
    this.lastItemId = itemId;
    this.send('input_audio_buffer.committed', { previous_item_id: previous, item_id: itemId });
    const item = {
      id: itemId,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_audio', transcript: null }],
    };
    this.send('conversation.item.added', { previous_item_id: previous, item });
    this.send('conversation.item.done', { previous_item_id: previous, item });
    this.send('conversation.item.input_audio_transcription.completed', {
      item_id: itemId,
      content_index: 0,
      transcript: words,
      usage: { type: 'duration', seconds: 1 },
    });
  }

  private append(bytes: Buffer, from: number, to: number): void {
    const nowMs = performance.now();
    this.firstAppendAtMs ??= nowMs;
    const { side } = this;
    if (!this.isConfigured) {
      if (side === null) this.earlyAppends++;
      else side.earlyAppends++;
    }
    if (to - from === PAYLOAD_CHARS) {
      this.hear(bytes, from, nowMs);
      return;
    }
    const audio = Buffer.from(bytes.toString('latin1', from, to), 'base64');
    const frames = Math.floor(audio.length / FRAME_BYTES);
    if (side !== null && frames > 1) side.joinedFrames += frames;
    for (let i = 0; i < frames; i++) {
      const text = audio.toString('base64', i * FRAME_BYTES, (i + 1) * FRAME_BYTES);
      this.hear(Buffer.from(text, 'latin1'), 0, nowMs);
    }
  }

  private hear(bytes: Buffer, at: number, nowMs: number): void {
    this.framesHeard++;
    const { side, tag } = this;
    const isTagged = readTag(bytes, at, tag);
    if (side !== null) {
      if (!isTagged) side.silentFrames++;
      else if (isFrameOf(bytes, at, tag, this.call ?? -1, this.payload)) {
        side.toModel.receive(tag.frame, nowMs, side.latency());
      } else side.toModel.unknown++;
    }
    const { response } = this;
    if (response !== null) {
      if (response.isEcho && isTagged) this.echo(response, bytes, at, nowMs);
      return;
    }
    if (this.script.kind === 'echo') this.converse();
  }

  /** Where the customer's turn stands, counted in the frames that were heard. */
  private converse(): void {
    if (this.spreadFrames > 0) {
      this.spreadFrames--;
      return;
    }
    this.stateFrames++;
    switch (this.state) {
      case 'pause':
        if (this.stateFrames < this.script.pauseFrames || !this.createsResponses) return;
        this.speechStarts();
        this.enter('speech');
        return;
      case 'speech':
        if (this.stateFrames < this.script.speechFrames) return;
        this.speechStops('yes please go on and tell me');
        this.enter('thinking');
        return;
      case 'thinking':
        if (this.createsResponses) this.answer();
        return;
    }
  }

  private answer(requestId?: string): void {
    this.startResponse(this.script.responseFrames, { isEcho: true, requestId });
  }

  private enter(state: 'pause' | 'speech' | 'thinking'): void {
    this.state = state;
    this.stateFrames = 0;
  }

  private echo(response: Response, bytes: Buffer, at: number, nowMs: number): void {
    const { delta } = response;
    bytes.copy(delta.bytes, delta.payloadAt, at, at + PAYLOAD_CHARS);
    writeResponse(delta.bytes, delta.payloadAt, response.number);
    this.side?.toPhone.send(this.tag.frame, nowMs);
    this.writeDelta(response);
  }

  private sendOwnFrame(response: Response): void {
    const { delta } = response;
    const nowMs = performance.now();
    const call = this.call ?? 0;
    this.payload.copy(delta.bytes, delta.payloadAt);
    const frame = OWN_FRAMES + this.ownFrames++;
    writeTag(delta.bytes, delta.payloadAt, { call, frame, response: response.number }, null, 0);
    this.side?.toPhone.send(frame, nowMs);
    this.writeDelta(response);
  }

  private writeDelta(response: Response): void {
    const { delta } = response;
    let number = ++this.events;
    for (let i = delta.eventDigitsAt + EVENT_DIGITS - 1; i >= delta.eventDigitsAt; i--) {
      const rest = Math.floor(number / 10);
      delta.bytes[i] = ZERO + number - rest * 10;
      number = rest;
    }
    if (this.socket?.write(delta.bytes) === false) response.delta = { ...delta, bytes: Buffer.from(delta.bytes) };
    response.frames++;
    if (response.isEcho && response.frames % FRAMES_PER_WORD === 0) {
      const word = WORDS[response.words.length % WORDS.length] as string;
      response.words.push(word);
      this.sendTranscript(response, response.words.length === 1 ? word : ` ${word}`);
    }
    if (response.isEcho && response.frames >= response.limitFrames) this.endResponse();
  }

  private sendTranscript({ id, itemId }: Response, delta: string): void {
    this.send('response.output_audio_transcript.delta', { ...partOf(id, itemId), delta });
  }

  private onEvent(event: Record<string, unknown>): void {
    switch (event['type']) {
      case 'session.update':
        this.configure(event['session'] as SessionConfig);
        return;
      case 'response.create':
        this.create(event);
        return;
      case 'response.cancel':
        if (this.response !== null) this.endResponse('cancelled');
        else this.refuse(event, 'response_cancel_not_active', 'Cancellation failed: no active response found');
        return;
      case 'conversation.item.create': {
        const item = event['item'] as Record<string, unknown>;
        const previous = this.lastItemId;
        this.lastItemId = typeof item['id'] === 'string' ? item['id'] : this.id('item');
        const added = { ...item, id: this.lastItemId, object: 'realtime.item', status: 'completed' };
        this.send('conversation.item.added', { previous_item_id: previous, item: added });
        this.send('conversation.item.done', { previous_item_id: previous, item: added });
        return;
      }
      case 'conversation.item.truncate':
        this.send('conversation.item.truncated', {
          item_id: event['item_id'],
          content_index: 0,
          audio_end_ms: event['audio_end_ms'],
        });
        return;
      case 'conversation.item.delete':
        this.send('conversation.item.deleted', { item_id: event['item_id'] });
        return;
      case 'input_audio_buffer.commit':
        this.commit(this.speechItemId ?? this.id('item'), 'yes please go on and tell me');
        return;
      default:
        return;
    }
  }

  private configure(change: SessionConfig): void {
    const before = this.session;
    this.session = {
      ...before,
      ...change,
      audio: {
        input: { ...before.audio?.input, ...change.audio?.input },
        output: { ...before.audio?.output, ...change.audio?.output },
      },
    };
    const named = /bench_call: (\d+)/.exec(change.instructions ?? '');
    if (named !== null && this.call === null) this.hooks.onCall(this, Number(named[1]));
    const updated = (): void => {
      this.configureTimer = null;
      this.isConfigured = true;
      this.configuredAtMs ??= performance.now();
      this.createsResponses = this.session.audio?.input?.turn_detection?.create_response === true;
      this.send('session.updated', {
        session: { object: 'realtime.session', id: 'sess_bench', expires_at: this.expiresAt(), ...this.session },
      });
    };
    const waitMs = this.isConfigured ? 0 : this.script.configureMs(this.call);
    if (waitMs === 0) updated();
    else this.configureTimer = setTimeout(updated, waitMs);
  }

  private create(event: Record<string, unknown>): void {
    if (this.response !== null) {
      this.refuse(
        event,
        'conversation_already_has_active_response',
        'Conversation already has an active response in progress',
      );
      return;
    }
    const shape = (event['response'] ?? {}) as {
      instructions?: string;
      metadata?: { request_id?: string };
    };
    const requestId = shape.metadata?.request_id;
    const exact = /word for word "([^"]*)"/.exec(shape.instructions ?? '')?.[1];
    if (exact === undefined && this.script.kind === 'echo' && this.framesHeard > 0) {
      this.answer(requestId);
      return;
    }
    this.startResponse(OPENING_FRAMES, { isEcho: false, requestId, words: (exact ?? 'Hello there').split(' ') });
    this.say(OPENING_FRAMES);
    this.endResponse();
  }

  private refuse(event: Record<string, unknown>, code: string, message: string): void {
    this.side?.errors.push(code);
    this.send('error', {
      error: { type: 'invalid_request_error', code, message, param: null, event_id: event['event_id'] ?? null },
    });
  }

  private send(type: string, members: Record<string, unknown>): void {
    this.events++;
    this.socket?.sendText(JSON.stringify({ type, event_id: eventId(this.events), ...members }));
  }

  private id(kind: string): string {
    this.ids++;
    return `${kind}_bench${String(this.number).padStart(6, '0')}${String(this.ids).padStart(10, '0')}`;
  }

  private expiresAt(): number {
    return Math.floor(Date.now() / 1000) + SESSION_LIFE_S;
  }
}

function partOf(responseId: string, itemId: string): Record<string, unknown> {
  return { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
}

function eventId(number: number): string {
  return `event_bench00000000${String(number).padStart(EVENT_DIGITS, '0')}`;
}

function deltaTemplate(responseId: string, itemId: string): DeltaTemplate {
  const beforeDigits = '{"type":"response.output_audio.delta","event_id":"event_bench00000000';
  const beforePayload = `${beforeDigits}${'0'.repeat(EVENT_DIGITS)}","response_id":"${responseId}","item_id":"${itemId}","output_index":0,"content_index":0,"delta":"`;
  const frame = frameFor(beforePayload.length + PAYLOAD_CHARS + APPEND_TAIL.length, null);
  frame.bytes.write(beforePayload, frame.payloadAt, 'latin1');
  frame.bytes.write(APPEND_TAIL, frame.bytes.length - APPEND_TAIL.length, 'latin1');
  return {
    bytes: frame.bytes,
    eventDigitsAt: frame.payloadAt + beforeDigits.length,
    payloadAt: frame.payloadAt + beforePayload.length,
  };
}
