import { Injectable, Logger } from '@nestjs/common';
import { BrowserCalls } from '../calls/browser-calls.service';
import type { LiveCall } from '../calls/live-calls.service';
import { BrowserLine } from '../media/browser-line';
import type { BridgeEnd, ToolCall, Turn } from '../media/call-bridge';
import type { CustomerLine } from '../media/customer-line';
import { Microphone } from '../media/microphone';
import type { BrowserEnd, CustomerEnd } from './conversation';
import { LiveConversations } from './live-conversations';
import { systemClock } from './system-clock';
import { REALTIME_TYPES, realtimeMessage } from './voice-agent-messages';
import {
  AdmittedSession,
  CLOSE,
  VoiceAgentMode,
  VoiceMessage,
  VoiceSession,
  VoiceSocket,
  VoiceTalk,
} from './voice-agent-mode';

const DEFAULT_SCENARIO = 'default';
/** 1.4 s of audio. */
const MAX_AUDIO_BYTES = 64 * 1024;
/** What may come while the conversation is set up: some seconds, in which a calendar is read. */
const MAX_EARLY_BYTES = 512 * 1024;

const AUDIO = { encoding: 'pcm_s16le', sample_rate: 24_000, channels: 1 } as const;

/**
 * Full duplex: a browser in the place of a phone. What it says goes to the model and what the model says to it through the
 * same parts as a phone call, so that a scenario can be tried without one; docs/browser-sockets.md.
 */
@Injectable()
export class RealtimeMode implements VoiceAgentMode {
  private readonly log = new Logger(RealtimeMode.name);

  constructor(
    private readonly calls: BrowserCalls,
    private readonly conversations: LiveConversations,
  ) {}

  /** @throws InvalidScenario, CustomScenarioNotFound, CallNotAllowed */
  async admit({ owner, query }: VoiceSession): Promise<AdmittedSession> {
    const call = await this.calls.begin(owner, query.get('scenario') ?? DEFAULT_SCENARIO);
    return {
      callId: call.callId,
      facts: {
        call_id: call.callId,
        scenario: call.agent.scenarioName,
        max_duration_seconds: call.maxDurationSeconds,
        audio: AUDIO,
      },
      open: (socket) => this.open(call, socket),
      abandon: () => this.settled(call, this.calls.abandon(owner, call.callId)),
    };
  }

  private open(call: LiveCall, socket: VoiceSocket): VoiceTalk {
    const { owner, callId } = call;
    const talk = new RealtimeTalk(socket, () => this.calls.end(owner, callId));
    this.conversations.beginInBrowser(call, talk).then(
      (customer) => talk.begin(customer),
      (error: unknown) => {
        this.log.error({ msg: 'A call from a browser could not be set up', call_id: callId, err: error });
        socket.close(CLOSE.ourFault, 'The call could not be set up.');
        this.settled(call, this.calls.end(owner, callId));
      },
    );
    return talk;
  }

  /** One that cannot be closed now is found by the rounds. */
  private settled({ callId }: LiveCall, work: Promise<void>): void {
    work.catch((error: unknown) => this.log.warn({ msg: 'A call could not be closed', call_id: callId, err: error }));
  }
}

/** One call: between the session's socket and the conversation. */
class RealtimeTalk implements VoiceTalk, BrowserEnd {
  readonly line: CustomerLine;
  private customer: CustomerEnd | undefined;
  private microphone: Microphone | undefined;
  private early: Buffer[] = [];
  private earlyBytes = 0;
  private isGone = false;
  private isStuck = false;

  constructor(
    private readonly socket: VoiceSocket,
    private readonly onWritten: () => Promise<void>,
  ) {
    this.line = new BrowserLine({
      send: (text) => socket.sendText(text),
      sendBinary: (bytes) => socket.sendBinary(bytes),
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
    });
  }

  /** The conversation is there; what was said meanwhile comes first. */
  begin(customer: CustomerEnd): void {
    this.customer = customer;
    this.microphone = new Microphone(systemClock, (payloadBase64, timestampMs) =>
      customer.onCustomerAudio(payloadBase64, timestampMs),
    );
    for (const pcm of this.early.splice(0)) this.microphone.take(pcm);
    if (this.isGone) customer.onCustomerGone();
  }

  onMessage(message: VoiceMessage): boolean {
    if (!REALTIME_TYPES.includes(message.type)) return false;
    const read = realtimeMessage.safeParse(message);
    if (!read.success) {
      const [issue] = read.error.issues;
      this.socket.refuse('invalid_message', `${message.type}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
      return true;
    }
    switch (read.data.type) {
      case 'mark':
        this.customer?.onCustomerMark(read.data.name);
        break;
      case 'text_input':
        this.customer?.onCustomerText(read.data.text);
        break;
      case 'key':
        this.customer?.onCustomerKey(read.data.digit);
        break;
    }
    return true;
  }

  onBinary(pcm: Buffer): void {
    if (pcm.length > MAX_AUDIO_BYTES) {
      this.socket.refuse('audio_too_long', `A piece of audio has at most ${MAX_AUDIO_BYTES} bytes.`);
    } else if (pcm.length % 2 !== 0) {
      this.socket.refuse('audio_malformed', 'Audio is whole samples of 16 bits.');
    } else if (this.microphone !== undefined) this.microphone.take(pcm);
    else if ((this.earlyBytes += pcm.length) <= MAX_EARLY_BYTES) this.early.push(pcm);
  }

  onClosed(): void {
    this.isGone = true;
    this.customer?.onCustomerGone();
  }

  onTurn(turn: Turn): void {
    const { sequence, text, startMs, endMs } = turn;
    const told = { sequence, text, start_time: startMs / 1000, end_time: endMs / 1000 };
    if (turn.role === 'customer') this.socket.send({ type: 'transcription', ...told });
    else {
      this.socket.send({
        type: 'conversation_response',
        ...told,
        role: turn.role,
        generated_text: turn.generatedText,
        interrupted: turn.wasInterrupted,
        latency_ms: turn.latencyMs === null ? null : Math.round(turn.latencyMs),
      });
    }
  }

  onToolCall({ name, argumentsJson }: ToolCall): void {
    this.socket.send({ type: 'tool_call', name, arguments: argumentsJson });
  }

  onStuck(): void {
    this.isStuck = true;
  }

  hangUp(reason: BridgeEnd, unsaid: string | null): void {
    this.socket.send({ type: 'session_ended', reason, unsaid });
    if (this.isStuck) this.socket.close(CLOSE.refused, 'What was sent was not read in time.');
    else this.socket.close(CLOSE.normal, 'The call is over.');
  }

  written(): Promise<void> {
    return this.onWritten();
  }
}
