import type { ModelListener } from '../sockets';
import { SILENCE_BYTE } from '../g711';
import { audioOf, type Message, type RecordedSocket, type ScriptedCall } from './scripted-call';

/** What the server's detection takes for the end of a turn. */
const END_SILENCE_MS = 500;
const PADDING_MS = 300;
/** Less of an utterance than this is not understood. */
const UNDERSTOOD_MS = 200;

interface Response {
  readonly id: string;
  readonly itemId: string;
  text: string;
}

interface Speech {
  readonly itemId: string;
  readonly msByByte: Map<number, number>;
  silenceMs: number;
}

/**
 * A server of the Realtime protocol that listens: it finds turns in the audio it is given (an utterance is a byte that is not
 * silence), answers as its session says, refuses what the real one refuses. Nothing happens by itself: a spec says when it
 * reads, speaks and falls silent.
 */
export class SimulatedModel {
  /** All that was ever generated, by item. */
  readonly generated = new Map<string, string>();
  /** Answers to nobody while this is set. */
  isMute = false;
  /** Goes on with what it was told to cancel, and lets nothing else begin. */
  clings = false;
  /** How long the sessions made from now on may live; null for as long as it takes. */
  lifeMs: number | null = null;

  private readonly servers: SessionServer[] = [];
  private count = 0;

  constructor(private readonly call: ScriptedCall) {}

  /** Reads and answers whatever its sessions were sent. */
  serve(): void {
    for (let before = -1; before !== this.sent();) {
      before = this.sent();
      for (const server of this.alive()) server.serve();
    }
  }

  drop(): void {
    const server = this.alive()[0];
    if (server !== undefined) server.drop();
  }

  /** More of the response that is being made. */
  speak(ms: number): void {
    this.speaking()?.speak(ms);
  }

  finish(status: string, output: Message[] = []): void {
    this.speaking()?.finish(status, output);
  }

  /** The oldest turn that waits for it is written down; null: that fails. */
  write(isUnderstood: boolean): void {
    for (const server of this.alive()) if (server.write(isUnderstood)) return;
  }

  /** What a session says of itself when it is made. */
  newSession(): Message {
    return this.lifeMs === null ? {} : { expires_at: (this.call.clock.epochMs() + this.lifeMs) / 1000 };
  }

  nextId(kind: string): string {
    return `${kind}_${++this.count}`;
  }

  private speaking(): SessionServer | undefined {
    return this.alive().find(({ active }) => active !== null);
  }

  private sent(): number {
    return this.call.sessions.reduce((sum, { socket }) => sum + socket.texts.length, this.call.sessions.length);
  }

  private alive(): SessionServer[] {
    while (this.servers.length < this.call.sessions.length) {
      const session = this.call.sessions[this.servers.length];
      if (session !== undefined) this.servers.push(new SessionServer(this, session.socket, session.listener));
    }
    return this.servers.filter(({ isAlive }) => isAlive);
  }
}

class SessionServer {
  active: Response | null = null;

  private isDropped = false;
  private isCreated = false;
  private read = 0;
  private audioMs = 0;
  private createsResponses = false;
  private interruptsResponses = false;
  private owesAnswer = false;
  private speech: Speech | null = null;
  private lastItemId: string | null = null;
  private readonly unwritten: Speech[] = [];

  constructor(
    private readonly model: SimulatedModel,
    private readonly socket: RecordedSocket,
    private readonly listener: ModelListener,
  ) {}

  get isAlive(): boolean {
    return !this.isDropped && this.socket.closed === null;
  }

  drop(): void {
    this.isDropped = true;
    this.listener.onClosed(1006, '');
  }

  serve(): void {
    if (!this.isCreated) {
      this.isCreated = true;
      this.say({ type: 'session.created', session: this.model.newSession() });
    }
    while (this.isAlive && this.read < this.socket.texts.length) {
      this.take(JSON.parse(this.socket.texts[this.read++] ?? '{}') as Message);
    }
  }

  speak(ms: number): void {
    const { active } = this;
    if (active === null || this.model.isMute) return;
    const where = { response_id: active.id, item_id: active.itemId, output_index: 0, content_index: 0 };
    if (active.text === '') {
      const item = { id: active.itemId, type: 'message', role: 'assistant' };
      this.say({ type: 'conversation.item.added', previous_item_id: this.lastItemId, item });
      this.lastItemId = active.itemId;
    }
    const words = `${this.model.nextId('some')} words more `;
    active.text += words;
    this.model.generated.set(active.itemId, active.text);
    this.say({ type: 'response.output_audio_transcript.delta', ...where, delta: words });
    this.say({ type: 'response.output_audio.delta', event_id: 'e', ...where, delta: audioOf(ms) });
  }

  finish(status: string, output: Message[]): void {
    const { active } = this;
    if (active === null || (this.model.isMute && status !== 'cancelled')) return;
    this.active = null;
    const items = [...output];
    if (active.text !== '') {
      const content = [{ type: 'output_audio', transcript: active.text }];
      items.unshift({ id: active.itemId, type: 'message', role: 'assistant', content });
    }
    const details = status === 'failed' ? { error: { code: 'server_error' } } : null;
    this.say({ type: 'response.done', response: { id: active.id, status, output: items, status_details: details } });
    if (this.owesAnswer) this.answer(null);
  }

  /** False when nothing waits to be written down. */
  write(isUnderstood: boolean): boolean {
    const speech = this.unwritten.shift();
    if (speech === undefined) return false;
    const type = `conversation.item.input_audio_transcription.${isUnderstood ? 'completed' : 'failed'}`;
    const words = [...speech.msByByte].filter(([, ms]) => ms >= UNDERSTOOD_MS).map(([byte]) => `<${byte}>`);
    this.say({ type, item_id: speech.itemId, content_index: 0, transcript: words.join(' ') });
    return true;
  }

  private take(message: Message): void {
    switch (message['type']) {
      case 'session.update':
        this.configure(message['session'] as Message);
        return;
      case 'input_audio_buffer.append':
        this.listen(Buffer.from(message['audio'] as string, 'base64'));
        return;
      case 'input_audio_buffer.commit':
        if (this.speech === null) this.refuse('input_audio_buffer_commit_empty', message);
        else this.commit(this.speech);
        return;
      case 'response.create':
        if (this.active !== null) this.refuse('conversation_already_has_active_response', message);
        else this.answer((message['response'] as { metadata: { request_id: string } }).metadata.request_id);
        return;
      case 'response.cancel':
        if (this.model.clings) return;
        if (this.active?.id === message['response_id']) this.finish('cancelled', []);
        else this.refuse('response_cancel_not_active', message);
        return;
      case 'conversation.item.create': {
        const item = { id: this.model.nextId('item'), ...(message['item'] as Message) };
        this.say({ type: 'conversation.item.added', previous_item_id: this.lastItemId, item });
        this.lastItemId = item.id;
        return;
      }
      default:
        return;
    }
  }

  private configure(session: Message): void {
    const { audio } = session as { audio: { input: { turn_detection: Message } } };
    const { create_response: creates, interrupt_response: interrupts } = audio.input.turn_detection;
    this.createsResponses = creates === true;
    this.interruptsResponses = interrupts === true;
    this.say({ type: 'session.updated', session });
  }

  private listen(audio: Buffer): void {
    // Every millisecond of a frame is alike.
    for (let at = 0; at < audio.length && this.isAlive; at += 8) {
      const byte = audio[at] ?? SILENCE_BYTE;
      if (byte !== SILENCE_BYTE) this.voice(byte);
      else if (this.speech !== null && ++this.speech.silenceMs >= END_SILENCE_MS) this.silence(this.speech);
      this.audioMs++;
    }
  }

  private voice(byte: number): void {
    if (this.speech === null) {
      this.speech = { itemId: this.model.nextId('u'), msByByte: new Map(), silenceMs: 0 };
      const audioStartMs = Math.max(0, this.audioMs - PADDING_MS);
      const { itemId } = this.speech;
      this.say({ type: 'input_audio_buffer.speech_started', item_id: itemId, audio_start_ms: audioStartMs });
      if (this.interruptsResponses) this.finish('cancelled', []);
    }
    this.speech.silenceMs = 0;
    this.speech.msByByte.set(byte, (this.speech.msByByte.get(byte) ?? 0) + 1);
  }

  private silence(speech: Speech): void {
    this.say({ type: 'input_audio_buffer.speech_stopped', item_id: speech.itemId, audio_end_ms: this.audioMs });
    this.commit(speech);
    if (this.createsResponses) this.answer(null);
  }

  private commit(speech: Speech): void {
    this.speech = null;
    this.unwritten.push(speech);
    this.say({ type: 'input_audio_buffer.committed', item_id: speech.itemId, previous_item_id: this.lastItemId });
    this.lastItemId = speech.itemId;
  }

  private answer(requestId: string | null): void {
    if (this.model.isMute) return;
    this.owesAnswer = this.active !== null;
    if (this.active !== null) return;
    this.active = { id: this.model.nextId('r'), itemId: this.model.nextId('a'), text: '' };
    const metadata = requestId === null ? null : { request_id: requestId };
    this.say({ type: 'response.created', response: { id: this.active.id, status: 'in_progress', metadata } });
  }

  private refuse(code: string, message: Message): void {
    this.say({ type: 'error', error: { code, message: 'x', event_id: message['event_id'] } });
  }

  private say(message: Message): void {
    if (this.isAlive) this.listener.onMessage(JSON.stringify(message));
  }
}
