import { behaviourOf } from '../phone/directory';
import { CarrierCall, type CallServices } from './carrier-call';
import { DEFAULT_TIME_LIMIT_MS, type CallSettings } from './call-settings';
import { IncomingNumbers } from './incoming-numbers';
import type { Recording } from './recording';

/** Of older calls that are over, the sandbox forgets first the audio and then everything. */
const MAX_CALLS = 2000;
const MAX_TAPE_BYTES = 512 * 1024 * 1024;

export interface InboundCallOrder {
  from: string;
  to: string;
  says?: readonly string[];
  digits?: string;
}

/** The telephone company: all calls, its numbers, and how fast it dials. */
export class Carrier {
  readonly numbers: IncomingNumbers;
  readonly recordings = new Map<string, Recording>();
  private readonly calls = new Map<string, CarrierCall>();
  private nextDialAtMs = 0;
  private tellRecorded: (recording: Recording) => void = () => undefined;
  private readonly waiting = new Set<NodeJS.Timeout>();

  constructor(
    private readonly services: CallServices,
    phoneNumbers: readonly string[],
    private readonly callsPerSecond: number,
  ) {
    this.numbers = new IncomingNumbers(services.carrier.accountSid, phoneNumbers, services.clock);
  }

  /** Newest first. */
  list(): CarrierCall[] {
    return [...this.calls.values()].reverse();
  }

  find(callSid: string): CarrierCall | undefined {
    return this.calls.get(callSid);
  }

  /** For what is done with every recording as soon as it is there. */
  whenRecorded(tell: (recording: Recording) => void): void {
    this.tellRecorded = tell;
  }

  /** Takes an order; it is dialled when its turn comes. `queueMs` says when that will be. */
  placeCall(settings: CallSettings): { call: CarrierCall; queueMs: number } {
    const call = this.keep(settings);
    const now = Date.now();
    const queueMs = Math.max(0, this.nextDialAtMs - now);
    this.nextDialAtMs = now + queueMs + 1000 / this.callsPerSecond;
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      call.dial().catch((error: unknown) => {
        this.services.log('call.trouble', { call_sid: call.sid, error: String(error) });
      });
    }, queueMs);
    this.waiting.add(timer);
    return { call, queueMs };
  }

  /** A person rings one of the platform's numbers; `undefined` when the number is not one of them. */
  receiveCall({ from, to, says, digits }: InboundCallOrder): CarrierCall | undefined {
    const number = this.numbers.byNumber(to);
    if (!number) return undefined;
    const callback = number.statusCallbackTarget();
    const call = this.keep({
      to,
      from,
      direction: 'inbound',
      twiml: number.voiceSource() ?? { kind: 'document', xml: '<Response><Reject/></Response>' },
      ...(callback ? { statusCallback: { target: callback, events: new Set(['completed'] as const) } } : {}),
      timeoutMs: 60_000,
      timeLimitMs: DEFAULT_TIME_LIMIT_MS,
      person: { behaviour: behaviourOf(from), says, digits },
    });
    // The caller learns the sid first; then the phone rings.
    setImmediate(() => {
      if (number.voiceSource()) {
        call.ring();
        return;
      }
      call.notice(11200, `No VoiceUrl is set for ${to}: nobody can answer.`);
      call.hangUp();
    });
    return call;
  }

  close(): void {
    for (const timer of this.waiting) clearTimeout(timer);
    for (const call of this.calls.values()) call.abandon();
  }

  private keep(settings: CallSettings): CarrierCall {
    this.makeRoom();
    const call = new CarrierCall(settings, this.services, {
      started: (recording) => {
        this.recordings.set(recording.sid, recording);
      },
      completed: (recording) => {
        // It may have been deleted while it was processed.
        if (this.recordings.has(recording.sid)) this.tellRecorded(recording);
      },
    });
    this.calls.set(call.sid, call);
    return call;
  }

  private makeRoom(): void {
    const ended = [...this.calls.values()].filter((call) => call.isOver);
    for (const call of ended.slice(0, Math.max(0, this.calls.size - MAX_CALLS))) {
      this.calls.delete(call.sid);
      for (const recording of call.recordings) this.recordings.delete(recording.sid);
    }
    let bytes = ended.reduce((sum, call) => sum + call.tape.bytes, 0);
    for (const call of ended) {
      if (bytes <= MAX_TAPE_BYTES) return;
      bytes -= call.tape.bytes;
      call.tape.wipe();
    }
  }
}
