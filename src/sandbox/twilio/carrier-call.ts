import { setTimeout as delay } from 'node:timers/promises';
import type { AnsweredBy, FaultBox, FaultSite } from '../faults';
import type { FrameTicker } from '../frame-ticker';
import type { SandboxLog } from '../log';
import { CallTape } from '../phone/call-tape';
import { isVoicemail, nameOf } from '../phone/directory';
import { Person } from '../phone/person';
import { PhoneLine } from '../phone/phone-line';
import type { PhoneKeys, PhoneParty } from '../phone/phone-party';
import { Voicemail } from '../phone/voicemail';
import { CARRIER_VOICE, type Voices } from '../phone/voices';
import type { WallClock } from '../wall-clock';
import {
  isOver,
  phoneOf,
  type CallSettings,
  type CallStatus,
  type RecordingSettings,
  type StatusEvent,
  type TwimlSource,
} from './call-settings';
import { CallWebhooks } from './call-webhooks';
import { MachineDetection } from './machine-detection';
import { MediaStream } from './media-stream';
import { Recording } from './recording';
import type { RunningCall } from './running-call';
import { newSid } from './sids';
import type { FormFields } from './signature';
import { runTwiml } from './twiml-runner';
import type { WebhookAnswer, WebhookTarget, Webhooks } from './webhooks';

/** From the order to ring to the first ring, within SANDBOX_RING_MS. */
const SETUP_MS = 200;
/** A busy phone is known at once; it never rings. */
const BUSY_AFTER_MS = 300;
/** A recording is there a moment after the call, not at its end. */
const PROCESSING_MS = 400;
/** How much later the result of detection is under `late_amd` when the fault does not say. */
const DEFAULT_LATE_AMD_MS = 5000;

export interface CarrierSettings {
  accountSid: string;
  authToken: string;
  ringMs: number;
  noAnswerMs: number;
}

/** What all calls share. */
export interface CallServices {
  carrier: CarrierSettings;
  voices: Voices;
  clock: WallClock;
  ticker: FrameTicker;
  webhooks: Webhooks;
  faults: FaultBox;
  log: SandboxLog;
}

/** A line of the debugger. */
export interface Notice {
  code: number;
  message: string;
  at: string;
}

/** Who hears of a call's recordings. */
export interface RecordingWatch {
  started(recording: Recording): void;
  /** It is there to be fetched. */
  completed(recording: Recording): void;
}

/** One call from the order to the end, as the carrier sees it. */
export class CarrierCall implements RunningCall {
  readonly sid = newSid('CA');
  readonly createdAtMs: number;
  readonly tape = new CallTape();
  readonly recordings: Recording[] = [];
  readonly notices: Notice[] = [];
  readonly documents: string[] = [];
  readonly streams: MediaStream[] = [];
  readonly webhooks: CallWebhooks;

  status: CallStatus = 'queued';
  updatedAtMs: number;
  /** When it began to be dialled or came in. */
  startedAtMs: number | undefined;
  answeredAtMs: number | undefined;
  endedAtMs: number | undefined;
  answeredBy: string | undefined;
  /** Who is on the phone; `undefined` until it rings. */
  party: PhoneParty | undefined;
  /** Keys that were pressed on the phone. */
  digits = '';

  private readonly over = new AbortController();
  private document = new AbortController();
  private answeredLine: PhoneLine | undefined;
  /** From the answer to the end, by a clock that nobody moves. */
  private answered: { fromMs: number; toMs?: number } | undefined;
  private timeLimit: NodeJS.Timeout | undefined;
  private lateReport: NodeJS.Timeout | undefined;

  constructor(
    readonly settings: CallSettings,
    private readonly services: CallServices,
    private readonly watch: RecordingWatch,
  ) {
    const { accountSid } = services.carrier;
    this.createdAtMs = this.updatedAtMs = services.clock.nowMs();
    this.webhooks = new CallWebhooks({ callSid: this.sid, accountSid, settings }, services.webhooks, services.clock);
  }

  get isOver(): boolean {
    return isOver(this.status);
  }

  /** Whole seconds on the line. */
  get durationSeconds(): number {
    if (!this.answered) return 0;
    const { fromMs, toMs = performance.now() } = this.answered;
    return Math.round((toMs - fromMs) / 1000);
  }

  /** Rings the number, and goes on to what the phone there does. */
  async dial(): Promise<void> {
    if (this.isOver) return;
    this.startedAtMs = this.services.clock.nowMs();
    this.move('initiated', 'initiated');
    const { behaviour } = this.settings.person;
    if (behaviour === 'busy') {
      if (await this.passes(BUSY_AFTER_MS)) this.finish('busy');
      return;
    }
    this.party = this.createParty();
    const { ringMs, noAnswerMs } = this.services.carrier;
    const setupMs = Math.min(SETUP_MS, ringMs / 2);
    if (!(await this.passes(setupMs))) return;
    this.move('ringing', 'ringing');
    const ringsMs = behaviour === 'no-answer' ? noAnswerMs : ringMs - setupMs;
    const willAnswer = behaviour !== 'no-answer' && ringsMs <= this.settings.timeoutMs;
    if (!(await this.passes(Math.min(ringsMs, this.settings.timeoutMs)))) return;
    if (willAnswer) this.answer();
    else this.finish('no-answer');
  }

  /** A person rings the platform: its voice webhook says what happens. */
  ring(): void {
    this.startedAtMs = this.services.clock.nowMs();
    this.party = this.createParty();
    this.move('ringing', 'ringing');
    this.run(this.settings.twiml);
  }

  // What the REST API and a hand on the sandbox can do.

  /** Replaces the running TwiML; a media stream in progress ends. */
  redirect(source: TwimlSource): void {
    this.document.abort();
    this.run(source);
  }

  /** Ends the call from the platform's side, in whatever state it is. */
  hangUp(): void {
    if (this.answeredLine) this.finish('completed');
    else this.finish(this.settings.direction === 'inbound' ? 'failed' : 'canceled');
  }

  /** The person on the phone hangs up; a caller may do so before anyone answers. */
  hangUpByPerson(): void {
    if (this.answeredLine) this.finish('completed');
    else this.finish(this.settings.direction === 'inbound' ? 'no-answer' : 'busy');
  }

  setTimeLimit(ms: number): void {
    this.settings.timeLimitMs = ms;
    clearTimeout(this.timeLimit);
    if (!this.answered || this.isOver) return;
    const leftMs = Math.max(0, this.answered.fromMs + ms - performance.now());
    this.timeLimit = setTimeout(() => {
      this.finish('completed');
    }, leftMs);
  }

  /** The sandbox goes away: nothing more is told to anyone. */
  abandon(): void {
    this.over.abort();
    this.document.abort();
    clearTimeout(this.timeLimit);
    clearTimeout(this.lateReport);
    if (this.answeredLine) this.services.ticker.remove(this.answeredLine);
  }

  // What a TwiML document can do.

  line(): PhoneLine {
    return this.answeredLine ?? this.answer();
  }

  isAnswered(): boolean {
    return this.answeredLine !== undefined;
  }

  reject(reason: 'rejected' | 'busy'): void {
    this.finish(reason === 'busy' ? 'busy' : 'no-answer');
  }

  notice(code: number, message: string): void {
    this.notices.push({ code, message, at: new Date(this.services.clock.nowMs()).toISOString() });
    this.services.log('call.notice', { call_sid: this.sid, code });
  }

  requestTwiml(target: WebhookTarget, extra: FormFields): Promise<WebhookAnswer> {
    return this.webhooks.voice(target, this.status, extra);
  }

  async speech(text: string): Promise<Uint8Array> {
    return (await this.services.voices.speak(text, CARRIER_VOICE)).mulaw;
  }

  openStream(url: string, parameters: Record<string, string>): MediaStream {
    const { accountSid, authToken } = this.services.carrier;
    const { faults } = this.services;
    const number = phoneOf(this.settings);
    const stream = new MediaStream({ url, parameters, accountSid, authToken, callSid: this.sid, number, faults });
    this.streams.push(stream);
    return stream;
  }

  streamCallback(target: WebhookTarget, stream: MediaStream, name: string, event: string, error?: string): void {
    this.webhooks.stream(target, stream.streamSid, name, event, error);
  }

  startRecording(settings: RecordingSettings): Recording {
    const recording = new Recording(this.sid, settings, this.tape, this.services.clock);
    this.recordings.push(recording);
    this.watch.started(recording);
    this.webhooks.recording(recording, 'in-progress');
    return recording;
  }

  /** Ends a recording; a moment later it is there to be fetched. */
  stopRecording(recording: Recording): void {
    if (!recording.isRunning) return;
    recording.stop();
    const timer = setTimeout(() => {
      recording.settle();
      this.webhooks.recording(recording, recording.status === 'absent' ? 'absent' : 'completed');
      if (recording.status === 'completed') this.watch.completed(recording);
    }, PROCESSING_MS);
    timer.unref();
  }

  keepDocument(xml: string): void {
    this.documents.push(xml);
  }

  private createParty(): PhoneParty {
    const { to, from, direction, person } = this.settings;
    const isCaller = direction === 'inbound';
    const phone: PhoneKeys = {
      press: (digit) => {
        this.digits += digit;
        this.answeredLine?.digit(digit);
      },
      hangUp: () => {
        this.hangUpByPerson();
      },
    };
    const onTrouble = (error: unknown) => {
      this.services.log('phone.trouble', { call_sid: this.sid, error: String(error) });
    };
    const name = nameOf(isCaller ? from : to);
    const { voices } = this.services;
    const { behaviour } = person;
    if (isVoicemail(behaviour) && !isCaller) return new Voicemail({ name, behaviour }, voices, phone, onTrouble);
    return new Person({ ...person, isCaller, name }, voices, phone, onTrouble);
  }

  private answer(): PhoneLine {
    this.party ??= this.createParty();
    const line = new PhoneLine(this.party, this.tape);
    this.answeredLine = line;
    this.answered = { fromMs: performance.now() };
    this.answeredAtMs = this.services.clock.nowMs();
    this.services.ticker.add(line);
    this.move('in-progress', 'answered');
    this.setTimeLimit(this.settings.timeLimitMs);
    if (this.settings.record) this.startRecording(this.settings.record);
    if (this.settings.sendDigits) this.notice(12200, 'SendDigits is accepted; the person does not react to tones.');
    const waitsForDetection = this.detectMachine(line);
    if (this.settings.direction !== 'inbound' && !waitsForDetection) this.run(this.settings.twiml);
    return line;
  }

  /** @returns true when the TwiML waits for the result */
  private detectMachine(line: PhoneLine): boolean {
    const settings = this.settings.machineDetection;
    if (!settings) return false;
    const { behaviour } = this.settings.person;
    const detection = new MachineDetection(settings, behaviour, () =>
      this.party instanceof Voicemail ? this.party.beepedAtMs : undefined,
    );
    const stop = line.onSpeech((frame) => {
      const result = detection.step(frame);
      if (!result) return;
      stop();
      const wrong = this.services.faults.take('twilio', 'wrong_amd', this.faultSite);
      const answeredBy = wrong?.result ?? result.answeredBy;
      this.answeredBy = answeredBy;
      if (settings.asyncCallback) this.reportDetection(settings.asyncCallback, answeredBy, result.durationMs);
      if (settings.isAsync) return;
      this.run(this.settings.twiml, [
        ['AnsweredBy', answeredBy],
        ['MachineDetectionDuration', String(result.durationMs)],
      ]);
    });
    return !settings.isAsync;
  }

  /** The callback of asynchronous detection, unless it is lost; one that is late comes also after the end of the call. */
  private reportDetection(target: WebhookTarget, answeredBy: AnsweredBy, durationMs: number): void {
    const { faults } = this.services;
    if (faults.take('twilio', 'lose_amd', this.faultSite)) return;
    const late = faults.take('twilio', 'late_amd', this.faultSite);
    const tell = () => {
      this.webhooks.machineDetection(target, answeredBy, durationMs);
    };
    if (late) this.lateReport = setTimeout(tell, late.afterMs ?? DEFAULT_LATE_AMD_MS);
    else tell();
  }

  private get faultSite(): FaultSite {
    return { callSid: this.sid, number: phoneOf(this.settings) };
  }

  private run(source: TwimlSource, extra: FormFields = []): void {
    if (this.isOver) return;
    this.document = new AbortController();
    runTwiml({ source, extra }, this, this.document.signal).catch((error: unknown) => {
      this.notice(11200, `The sandbox could not run the document: ${String(error)}`);
      this.hangUp();
    });
  }

  private move(status: CallStatus, event: StatusEvent): void {
    this.status = status;
    this.updatedAtMs = this.services.clock.nowMs();
    this.services.log('call.status', { call_sid: this.sid, status });
    const recording = this.recordings[0];
    const { durationSeconds, answeredBy } = this;
    this.webhooks.status(event, status, { durationSeconds, answeredBy, recording });
  }

  private finish(status: CallStatus): void {
    if (this.isOver) return;
    this.status = status;
    if (this.answered) this.answered.toMs = performance.now();
    this.endedAtMs = this.services.clock.nowMs();
    clearTimeout(this.timeLimit);
    this.over.abort();
    this.document.abort();
    if (this.answeredLine) this.services.ticker.remove(this.answeredLine);
    this.party?.end();
    for (const recording of this.recordings) this.stopRecording(recording);
    this.move(status, 'completed');
  }

  /** False when the call was over before the time was. */
  private async passes(ms: number): Promise<boolean> {
    try {
      await delay(ms, undefined, { signal: this.over.signal });
      return true;
    } catch {
      return false;
    }
  }
}
