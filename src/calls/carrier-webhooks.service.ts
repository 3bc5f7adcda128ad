import { Inject, Injectable, Logger } from '@nestjs/common';
import { NotAuthenticated } from '../common/app-error';
import { Capacity } from '../common/capacity';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { FormParams, Telephony } from '../integrations/telephony/telephony';
import { sentenceIn } from '../languages/languages';
import { CallLookups, CallRef } from './call-lookups';
import { isOver } from './call-status';
import { Call, languageOf } from './call.entity';
import { CallAnsweredBy, CallStreamOver } from './calls.events';
import { isMachine, parseCarrierReport } from './carrier-report';
import { CarrierReports } from './carrier-reports.service';
import type { EndedReason } from './ended-reason';
import { LiveCalls } from './live-calls.service';

/** A conversation that is still being prepared is waited for; the carrier waits longer than this for our answer. */
const ANSWERED_BY_LIMIT_MS = 5000;
/** A farewell that is on its way by the carrier's API is waited for; the carrier waits longer than this for our answer. */
const STREAM_OVER_LIMIT_MS = 5000;
/** Ends after which whoever is still on the line is told that something is wrong. */
const BROKEN: ReadonlySet<EndedReason> = new Set(['carrier_error', 'model_error', 'server_error', 'customer_hung_up']);

/** What to do about each of the carrier's webhooks. One that fits no call changes nothing and is logged. */
@Injectable()
export class CarrierWebhooks {
  private readonly log = new Logger(CarrierWebhooks.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly capacity: Capacity,
    private readonly lookups: CallLookups,
    private readonly reports: CarrierReports,
    private readonly liveCalls: LiveCalls,
    private readonly telephony: Telephony,
    private readonly events: DomainEvents,
  ) {}

  async onStatus(attemptId: string | undefined, form: FormParams): Promise<void> {
    await this.report(attemptId, form);
  }

  /** @returns TwiML */
  async onAnswered(attemptId: string, form: FormParams): Promise<string> {
    const call = await this.report(attemptId, form);
    if (call === null || isOver(call.status) || call.endedReason !== null) return this.telephony.hangUpInstructions();
    if (!this.capacity.admits(call.id)) return this.refuse(call);
    const url = `${this.config.publicUrl.replace(/^http/, 'ws')}/media-stream/${encodeURIComponent(call.scenarioName)}`;
    return this.telephony.connectStream(
      url,
      { call_id: call.id, token: this.liveCalls.streamToken(call) },
      `${this.config.publicUrl}/twilio/stream-over/${attemptId}`,
    );
  }

  /**
   * The media stream is over, and the call is not: the carrier would not ask otherwise. Whoever carries the conversation
   * here knows what is to be said; where nobody does, the row tells whether an end was on its way.
   * @returns TwiML
   */
  async onStreamOver(attemptId: string, form: FormParams): Promise<string> {
    const call = await this.report(attemptId, form);
    if (call === null || isOver(call.status)) return this.telephony.hangUpInstructions();
    const owner = { userId: call.userId };
    const over = new CallStreamOver(owner, call.id);
    await this.events.emitAndWait(over, STREAM_OVER_LIMIT_MS);
    if (over.isHandled) {
      if (over.say === null) return this.telephony.hangUpInstructions();
      return this.telephony.sayAndHangUp(over.say, over.language ?? languageOf(call));
    }
    if (call.endedReason !== null && !BROKEN.has(call.endedReason)) return this.telephony.hangUpInstructions();
    this.log.warn({ msg: 'A call is left without a conversation', call_id: call.id, user_id: call.userId });
    await this.liveCalls.recordEnd(owner, call.id, 'server_error', null);
    const { sentence, language } = sentenceIn(languageOf(call), 'trouble');
    return this.telephony.sayAndHangUp(sentence, language);
  }

  /**
   * Who answered is told to whoever carries the conversation, which leaves its message or hangs up by itself. A machine
   * that nobody talks to is hung up on.
   */
  async onMachineDetection(attemptId: string, form: FormParams): Promise<void> {
    // This webhook reports the answerer; a status in it would be older than the status callbacks.
    const call = await this.report(attemptId, { ...form, CallStatus: '' });
    if (call === null || isOver(call.status) || call.answeredBy === null) return;
    const owner = { userId: call.userId };
    const answered = new CallAnsweredBy(owner, call.id, call.answeredBy);
    await this.events.emitAndWait(answered, ANSWERED_BY_LIMIT_MS);
    // An open stream without a conversation here belongs to another instance, which judges by what it hears.
    if (answered.isHandled || call.streamOpenedAt !== null || !isMachine(call.answeredBy)) return;
    await this.hangUpOnMachine(owner, call);
  }

  private async hangUpOnMachine(owner: Owner, call: Call): Promise<void> {
    await this.liveCalls.recordVoicemail(owner, call.id, { detectedBy: 'carrier', messageLeft: false, message: null });
    await this.liveCalls.recordEnd(owner, call.id, 'voicemail', null);
    try {
      if (call.callSid !== null) await this.telephony.hangUp(call.callSid);
    } catch (error) {
      this.log.warn({ msg: 'A call that voicemail answered could not be hung up', call_id: call.id, err: error });
    }
  }

  /** No room, and nobody has prepared to talk: whoever picked up is told so instead of hearing the others stutter. */
  private async refuse(call: Call): Promise<string> {
    const owner = { userId: call.userId };
    this.log.warn({ msg: 'A call that was picked up could not be carried', call_id: call.id, user_id: call.userId });
    await this.liveCalls.recordEnd(owner, call.id, 'server_error', null);
    const { sentence, language } = sentenceIn(languageOf(call), 'busy');
    return this.telephony.sayAndHangUp(sentence, language);
  }

  private async report(attemptId: string | undefined, form: FormParams): Promise<Call | null> {
    const report = parseCarrierReport(form, new Date());
    if (report === null) {
      this.log.warn({ msg: 'A carrier webhook names no call' });
      return null;
    }
    const ref = await this.find(attemptId, report.callSid);
    if (ref === null) {
      this.log.warn({ msg: 'A carrier webhook is about a call that is not here', call_sid: report.callSid });
      return null;
    }
    try {
      return await this.reports.apply(ref.owner, ref.callId, report);
    } catch (error) {
      // The user was erased or switched off a moment ago; the carrier has nothing to sign in again for.
      if (error instanceof NotAuthenticated) return null;
      throw error;
    }
  }

  private async find(attemptId: string | undefined, callSid: string): Promise<CallRef | null> {
    if (attemptId !== undefined) return this.lookups.byAttempt(attemptId);
    return this.lookups.bySid(callSid);
  }
}
