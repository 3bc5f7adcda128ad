import type { Strike } from '../faults';
import type { VoiceBox } from '../speech/voice-box';
import { audioFormat } from './audio-format';
import { think } from './brain/brain';
import { brainInput } from './brain-input';
import { CLIENT_EVENTS, type ClientEvent, type ClientEventType, type ResponseRequest } from './client-events';
import { Conversation, recordOf, type ItemRecord } from './conversation';
import type { Faults, SessionSite } from './faults.port';
import { ResponseRun, type ModelPace, type ResponseSettings } from './response-run';
import { defaultSession, updatedSession, type SessionConfig } from './session-config';
import { insufficientQuota, takeResponseFault } from './session-faults';
import { responseUsage, type ResponseUsage } from './usage';
import { UserAudio } from './user-audio';
import { WireError } from './wire-error';
import { wireId } from './wire-id';
import { checked } from './wire-schema';

export interface SessionDeps {
  voices: VoiceBox;
  faults: Faults;
  pace: ModelPace;
  /** Sends one event to the client; gets its event_id here. */
  send: (event: Record<string, unknown>) => void;
  /** The session has been configured or is about to answer: a moment at which its connection may fail. */
  atCheckpoint: () => void;
  /** `expiresAtMs` is another one. */
  onExpiryMoved: () => void;
  log: (event: string, fields?: Record<string, unknown>) => void;
}

/** How long a session lasts under `expire_session` when the fault does not say. */
const DEFAULT_SHORT_SESSION_MS = 10_000;

/** One Realtime session: the state behind a socket. It knows nothing of sockets, only of events. */
export class RealtimeSession {
  readonly id = wireId('sess');
  readonly conversation = new Conversation();
  readonly errorsSent: { code: string | null; message: string; param: string | null }[] = [];
  config: SessionConfig;
  /** It says nothing more and takes nothing in (fault `stall`). */
  isMuted = false;

  private readonly userAudio: UserAudio;
  private readonly generated = { audioBytesOut: 0, responses: 0 };
  private active: ResponseRun | undefined;
  private readonly outOfBand = new Set<ResponseRun>();
  private hasSpoken = false;
  private earlierTextTokens = 0;
  private isConfigured = false;
  private isShortened = false;
  /** A turn was committed while a response was active: it is answered when that one is over. */
  private owesAnswer = false;

  constructor(
    model: string,
    public expiresAtMs: number,
    private readonly deps: SessionDeps,
  ) {
    this.config = defaultSession(model);
    this.userAudio = new UserAudio(this.config.audio.input, {
      voices: deps.voices,
      conversation: this.conversation,
      takeFault: (fault) => this.takeFault(fault),
      send: (event) => this.send(event),
      onSpeechStarted: () => this.onSpeechStarted(),
      onTurn: () => this.answerTurn(),
      isResponding: () => this.active !== undefined,
    });
  }

  get counts(): { appends: number; audioBytesIn: number; audioBytesOut: number; responses: number } {
    return { ...this.userAudio.counts, ...this.generated };
  }

  /** By what a fault finds this session. */
  get site(): SessionSite {
    return { sessionId: this.id, instructions: this.config.instructions };
  }

  open(): void {
    this.shorten();
    this.send({ type: 'session.created', session: this.view() });
  }

  /** Takes one text frame. Whatever is wrong with it is answered with an error event; the session lives on. */
  receive(text: string): void {
    if (this.isMuted) return;
    let eventId: string | null = null;
    try {
      const event = parsed(text);
      const id = event['event_id'];
      eventId = typeof id === 'string' ? id : null;
      this.dispatch(event);
    } catch (error) {
      if (error instanceof WireError) return this.sendError(error, eventId);
      this.deps.log('openai.session_failed', { sessionId: this.id, error: String(error) });
      this.sendError(new WireError('server_error', 'The server had an error.', null, 'server_error'), eventId);
    }
  }

  sendError(error: WireError, eventId: string | null = null): void {
    const { code, message, param } = error;
    this.errorsSent.push({ code, message, param });
    if (this.errorsSent.length > 100) this.errorsSent.shift();
    this.send({ type: 'error', error: { ...error.body(), event_id: eventId } });
  }

  mute(): void {
    this.isMuted = true;
  }

  /** The socket is gone. */
  close(): void {
    this.userAudio.close();
    this.active?.drop();
    for (const run of this.outOfBand) run.drop();
  }

  private dispatch(event: Record<string, unknown>): void {
    const type = event['type'];
    if (type === undefined) {
      throw new WireError('missing_required_parameter', "Missing required parameter: 'type'.", 'type');
    }
    if (typeof type !== 'string' || !Object.hasOwn(CLIENT_EVENTS, type)) {
      const supported = Object.keys(CLIENT_EVENTS)
        .map((name) => `'${name}'`)
        .join(', ');
      const given = (typeof type === 'string' ? type : JSON.stringify(type)).slice(0, 100);
      const message = `Invalid value: '${given}'. Supported values are: ${supported}.`;
      throw new WireError('invalid_value', message, 'type');
    }
    this.handle(type as ClientEventType, event);
  }

  private handle(type: ClientEventType, event: Record<string, unknown>): void {
    switch (type) {
      case 'session.update':
        return this.updateSession(checked(CLIENT_EVENTS[type], event, ''));
      case 'input_audio_buffer.append':
        return this.userAudio.append(checked(CLIENT_EVENTS[type], event, '').audio);
      case 'input_audio_buffer.commit':
        checked(CLIENT_EVENTS[type], event, '');
        return this.userAudio.commit();
      case 'input_audio_buffer.clear':
        checked(CLIENT_EVENTS[type], event, '');
        return this.userAudio.clear();
      case 'conversation.item.create':
        return this.createItem(checked(CLIENT_EVENTS[type], event, ''));
      case 'conversation.item.truncate': {
        const { item_id, content_index, audio_end_ms } = checked(CLIENT_EVENTS[type], event, '');
        this.conversation.truncate(item_id, content_index, audio_end_ms);
        return this.send({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms });
      }
      case 'conversation.item.delete': {
        const { item_id } = checked(CLIENT_EVENTS[type], event, '');
        this.conversation.delete(item_id);
        return this.send({ type: 'conversation.item.deleted', item_id });
      }
      case 'conversation.item.retrieve': {
        const { item_id } = checked(CLIENT_EVENTS[type], event, '');
        const { item } = this.conversation.require(item_id, 'retrieve');
        return this.send({ type: 'conversation.item.retrieved', item });
      }
      case 'response.create': {
        const request = checked(CLIENT_EVENTS[type], event, '').response ?? {};
        if (this.takeFault('lose_create')) return;
        return this.createResponse(request);
      }
      case 'response.cancel':
        return this.cancelResponse(checked(CLIENT_EVENTS[type], event, '').response_id);
    }
  }

  private updateSession(event: ClientEvent<'session.update'>): void {
    if (event.session === undefined) {
      throw new WireError('missing_required_parameter', "Missing required parameter: 'session'.", 'session');
    }
    const state = { hasSpoken: this.hasSpoken, isResponding: this.active !== undefined };
    this.config = updatedSession(this.config, event.session, state);
    this.userAudio.configure(this.config.audio.input);
    if (!this.isConfigured) this.shorten();
    this.isConfigured = true;
    this.send({ type: 'session.updated', session: this.view() });
    this.deps.atCheckpoint();
  }

  /** The fault `expire_session` is for sessions that open; one that is aimed finds them by their first configuration. */
  private shorten(): void {
    const fault = this.isShortened ? undefined : this.takeFault('expire_session');
    if (!fault) return;
    this.isShortened = true;
    this.expiresAtMs = Date.now() + (fault.afterMs ?? DEFAULT_SHORT_SESSION_MS);
    this.deps.onExpiryMoved();
  }

  private onSpeechStarted(): void {
    if (this.config.audio.input.turn_detection?.interrupt_response) this.active?.cancel('turn_detected');
  }

  /**
   * Turn detection has committed a turn. While a response is active the server makes no second one: the turns that come
   * meanwhile are answered together when it is over. What the provider does then is unverified.
   */
  private answerTurn(): void {
    if (!this.config.audio.input.turn_detection?.create_response || this.takeFault('no_answer')) return;
    if (this.active) this.owesAnswer = true;
    else this.answer();
  }

  private payOwedAnswer(): void {
    if (!this.owesAnswer || this.active) return;
    this.owesAnswer = false;
    if (this.config.audio.input.turn_detection?.create_response) this.answer();
  }

  private answer(): void {
    try {
      this.createResponse({});
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.sendError(error);
    }
  }

  private createItem(event: ClientEvent<'conversation.item.create'>): void {
    const record = this.conversation.insert(event.item, event.previous_item_id);
    const given = event.item.type === 'message' ? event.item.content : [];
    for (const part of given) {
      if (part.type !== 'input_audio' || part.transcript != null) continue;
      const audio = Buffer.from(part.audio, 'base64');
      record.audioMs = audio.length / this.userAudio.format.bytesPerMs;
      record.knownText = this.userAudio.format.transcribe(this.deps.voices, audio);
    }
    this.sendItem(record, this.conversation.idBefore(record.item.id));
  }

  private sendItem({ item }: ItemRecord, previous: string | null): void {
    this.send({ type: 'conversation.item.added', previous_item_id: previous, item });
    this.send({ type: 'conversation.item.done', previous_item_id: previous, item });
  }

  private createResponse(request: ResponseRequest): void {
    const isOutOfBand = request.conversation === 'none';
    if (!isOutOfBand && this.active) {
      const message =
        `Conversation already has an active response in progress: ${this.active.id}. ` +
        'Wait until the response is finished before creating a new one.';
      throw new WireError('conversation_already_has_active_response', message);
    }
    const records = this.contextOf(request);
    if (this.takeFault('insufficient_quota')) throw insufficientQuota();
    const { config, deps } = this;
    const run = new ResponseRun(this.settingsOf(request, isOutOfBand), {
      send: (event) => this.send(event),
      voices: deps.voices,
      conversation: this.conversation,
      pace: deps.pace,
      settle: (settled) => this.settle(settled, records),
      onDone: () => this.payOwedAnswer(),
    });
    const parts = think(brainInput(config, request, records));
    if (isOutOfBand) {
      this.outOfBand.add(run);
    } else {
      this.active = run;
      // It knows the turns that were committed up to now.
      this.owesAnswer = false;
    }
    this.generated.responses++;
    this.userAudio.stopAwaiting();
    deps.atCheckpoint();
    const fault = takeResponseFault((name) => this.takeFault(name));
    if (fault.kind === 'fail') return run.fail(fault.error);
    if (fault.kind === 'hang') return run.hang(fault.isDeaf);
    run
      .run(parts, fault.kind === 'slow' ? fault.delayMs : 0)
      .catch((error: unknown) => deps.log('openai.response_failed', { sessionId: this.id, error: String(error) }));
  }

  private contextOf(request: ResponseRequest): ItemRecord[] {
    if (!request.input) return [...this.conversation.all()];
    return request.input.map((item) => {
      if (item.type !== 'item_reference') return recordOf(item);
      const record = this.conversation.find(item.id);
      if (record) return record;
      throw new WireError('invalid_value', `The item with id '${item.id}' does not exist.`, 'response.input');
    });
  }

  private settingsOf(request: ResponseRequest, isOutOfBand: boolean): ResponseSettings {
    const session = this.config.audio.output;
    const formatSpec = request.audio?.output?.format ?? session.format;
    return {
      isOutOfBand,
      modalities: request.output_modalities ?? this.config.output_modalities,
      maxOutputTokens: request.max_output_tokens ?? this.config.max_output_tokens,
      format: audioFormat(formatSpec),
      formatSpec,
      voice: request.audio?.output?.voice ?? session.voice,
      speed: session.speed,
      metadata: request.metadata ?? null,
    };
  }

  private settle(run: ResponseRun, records: readonly ItemRecord[]): ResponseUsage {
    if (this.active === run) this.active = undefined;
    this.outOfBand.delete(run);
    this.hasSpoken ||= run.hasSpoken;
    this.generated.audioBytesOut += Math.round(run.generated.audioMs * run.settings.format.bytesPerMs);
    const context = { instructions: this.config.instructions, records };
    const usage = responseUsage(context, run.generated, this.earlierTextTokens);
    this.earlierTextTokens = usage.input_token_details.text_tokens;
    // What is still to be played when the last of it has been sent.
    const playingMs = run.generated.audioMs * (1 - 1 / this.deps.pace.speedup);
    if (!run.settings.isOutOfBand) this.userAudio.awaitAnswer(playingMs);
    return usage;
  }

  private cancelResponse(responseId: string | undefined): void {
    const run =
      responseId === undefined
        ? this.active
        : [this.active, ...this.outOfBand].find((candidate) => candidate?.id === responseId);
    if (!run) throw new WireError('response_cancel_not_active', 'Cancellation failed: no active response found');
    run.cancel('client_cancelled');
  }

  private view(): Record<string, unknown> {
    const head = { object: 'realtime.session', id: this.id, expires_at: Math.floor(this.expiresAtMs / 1000) };
    return { ...this.config, ...head };
  }

  private takeFault(fault: string): Strike | undefined {
    return this.deps.faults.take('openai', fault, this.site);
  }

  private send(event: Record<string, unknown>): void {
    if (!this.isMuted) this.deps.send(event);
  }
}

function parsed(text: string): Record<string, unknown> {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    throw new WireError('invalid_json', 'The event could not be parsed: it is not valid JSON.');
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw new WireError('invalid_event', 'The event must be a JSON object.');
  }
  return event as Record<string, unknown>;
}
