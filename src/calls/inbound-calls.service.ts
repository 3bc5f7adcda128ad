import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError, NotAuthenticated } from '../common/app-error';
import { Capacity } from '../common/capacity';
import { isUniqueViolation } from '../common/database-errors';
import { DomainEvents } from '../common/domain-events';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { FormParams, formText, Telephony } from '../integrations/telephony/telephony';
import type { FixedSentences } from '../languages/language';
import { sentenceIn } from '../languages/languages';
import type { Agent } from '../scenarios/agent';
import { ScenariosService } from '../scenarios/scenarios.service';
import { CallLookups, CallRef } from './call-lookups';
import { isOver, LIVE_STATUSES } from './call-status';
import { Call } from './call.entity';
import { CallRinging, CallUpdated } from './calls.events';
import { CarrierReport, parseCarrierReport } from './carrier-report';
import { CarrierReports } from './carrier-reports.service';
import type { EndedReason } from './ended-reason';
import { LiveCalls } from './live-calls.service';
import { callerNumber } from './phone-number';
import type { NumberMode } from './phone-number.entity';
import { PhoneNumbers } from './phone-numbers.service';

/** Between our answer and the media stream lie a round trip and a handshake. */
const STREAM_EXPECTED_MS = 15_000;
/** The welcome, and the time to find a key. */
const KEY_EXPECTED_MS = 60_000;

/** What shall answer a call. */
interface Answerer {
  owner: Owner;
  agent: Agent;
  mode: NumberMode;
  isRecorded: boolean;
}

interface Admission {
  reason: EndedReason;
  sentence: keyof FixedSentences;
}

/** People who ring one of the platform's numbers. Whoever rings hears a sentence, whatever is wrong; never silence. */
@Injectable()
export class InboundCalls {
  private readonly log = new Logger(InboundCalls.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly capacity: Capacity,
    private readonly drain: Drain,
    private readonly numbers: PhoneNumbers,
    private readonly scenarios: ScenariosService,
    private readonly lookups: CallLookups,
    private readonly reports: CarrierReports,
    private readonly liveCalls: LiveCalls,
    private readonly telephony: Telephony,
    private readonly events: DomainEvents,
  ) {}

  /** The voice webhook of our numbers; the carrier may ask twice. @returns TwiML */
  async onRung(form: FormParams): Promise<string> {
    const report = parseCarrierReport(form, new Date());
    if (report === null) return this.telephony.hangUpInstructions();
    const known = await this.lookups.bySid(report.callSid);
    if (known !== null) {
      const call = await this.applied(known, report);
      return call === null ? this.telephony.hangUpInstructions() : this.instructionsFor(call);
    }
    const answerer = await this.answererOf(formText(form, 'To'));
    if ('sentence' in answerer) return this.say(answerer.sentence, this.config.calls.defaultLanguage);
    try {
      return await this.take(answerer, report.callSid, form);
    } catch (error) {
      // The other of two that came at once has written it down.
      if (isUniqueViolation(error)) return this.onRung(form);
      // Erased or switched off a moment ago.
      if (error instanceof NotAuthenticated) return this.say('notAvailable', answerer.agent.language);
      throw error;
    }
  }

  /** A key was pressed in the demo, or none was. @returns TwiML */
  async onKey(form: FormParams): Promise<string> {
    const report = parseCarrierReport(form, new Date());
    const ref = report === null ? null : await this.lookups.bySid(report.callSid);
    if (report === null || ref === null) return this.telephony.hangUpInstructions();
    const call = await this.applied(ref, report);
    if (call === null || isFinished(call) || !call.isDemo) return this.telephony.hangUpInstructions();
    if (formText(form, 'Digits') === '') return this.refuse(call, { reason: 'silence', sentence: 'noKey' });
    if (this.drain.isDraining || !this.capacity.admitsInbound(call.id, STREAM_EXPECTED_MS)) {
      return this.refuse(call, { reason: 'server_error', sentence: 'allBusy' });
    }
    return this.connect(call);
  }

  /** Null as well where the owner was switched off or erased a moment ago: there is nobody any more who answers. */
  private async applied({ owner, callId }: CallRef, report: CarrierReport): Promise<Call | null> {
    try {
      return await this.reports.apply(owner, callId, report);
    } catch (error) {
      if (error instanceof NotAuthenticated) return null;
      throw error;
    }
  }

  private async take(answerer: Answerer, callSid: string, form: FormParams): Promise<string> {
    const { owner, agent, mode } = answerer;
    const id = randomUUID();
    const isDemo = mode === 'demo';
    const hasPlace =
      !this.drain.isDraining && this.capacity.admitsInbound(id, isDemo ? KEY_EXPECTED_MS : STREAM_EXPECTED_MS);
    const phoneNumber = callerNumber(formText(form, 'From'));
    const outcome = await this.db
      .asOwner(owner, async (tx) => {
        const refusal = await this.refusalOf(tx, owner, { phoneNumber, isDemo, hasPlace });
        await tx.insert(Call, {
          id,
          userId: owner.userId,
          callSid,
          // In the addresses of its callbacks, as those of calls that we have placed.
          attemptId: randomUUID(),
          dialState: 'placed',
          direction: 'inbound',
          status: 'ringing',
          phoneNumber,
          fromNumber: formText(form, 'To'),
          scenarioName: agent.scenarioName,
          // TypeORM takes jsonb for a part of the entity, with functions allowed at every depth.
          agent: agent as never,
          isDemo,
          record: answerer.isRecorded && this.config.recordings.areMade,
          maxDurationSeconds: this.maxDurationSeconds(agent, isDemo),
          createdAt: () => 'clock_timestamp()',
          startedAt: () => 'clock_timestamp()',
        });
        return { call: await tx.findOneByOrFail(Call, { userId: owner.userId, id }), refusal };
      })
      .catch((error: unknown) => {
        this.capacity.forget(id);
        throw error;
      });
    this.events.emit(new CallUpdated(owner, id));
    if (outcome.refusal !== null) return this.refuse(outcome.call, outcome.refusal);
    return this.instructionsFor(outcome.call);
  }

  private async instructionsFor(call: Call): Promise<string> {
    if (isFinished(call)) return this.telephony.hangUpInstructions();
    if (!call.isDemo) return this.connect(call);
    const { language } = call.agent;
    const sentences = [sentenceIn(language, 'welcome'), sentenceIn(language, 'pressAnyKey')];
    return this.telephony.awaitKey(sentences, `${this.config.publicUrl}/demo-start`);
  }

  /** The model is called while the carrier opens the stream. */
  private connect(call: Call): string {
    this.events.emit(new CallRinging({ userId: call.userId }, call.id));
    const { publicUrl } = this.config;
    return this.telephony.connectStream(
      `${publicUrl.replace(/^http/, 'ws')}/media-stream/${encodeURIComponent(call.scenarioName)}`,
      { call_id: call.id, token: this.liveCalls.streamToken(call) },
      `${publicUrl}/twilio/stream-over/${call.attemptId}`,
      call.record ? { statusCallbackUrl: `${publicUrl}/recording-status?attempt=${call.attemptId}` } : undefined,
    );
  }

  private async refuse(call: Call, { reason, sentence }: Admission): Promise<string> {
    this.capacity.forget(call.id);
    this.log.warn({ msg: 'An inbound call was not taken', call_id: call.id, user_id: call.userId, reason });
    await this.liveCalls.recordEnd({ userId: call.userId }, call.id, reason, null);
    return this.say(sentence, call.agent.language);
  }

  private say(what: keyof FixedSentences, languageTag: string): string {
    const { sentence, language } = sentenceIn(languageTag, what);
    return this.telephony.sayAndHangUp(sentence, language);
  }

  /** Who answers at this number; a sentence where nobody does. */
  private async answererOf(called: string): Promise<Answerer | { sentence: keyof FixedSentences }> {
    const claim = await this.numbers.ownerOf(called);
    if (claim === null) return this.platformDemo();
    if (!claim.isActive) return { sentence: 'notAvailable' };
    const { owner, id } = claim;
    try {
      const { scenario, mode, record: isRecorded } = await this.numbers.get(owner, id);
      return { owner, agent: await this.scenarios.resolveAgent(owner, scenario), mode, isRecorded };
    } catch (error) {
      // The scenario or the number was deleted.
      if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
      this.log.warn({ msg: 'A number has nobody who answers', user_id: owner.userId, err: error });
      return { sentence: 'notAvailable' };
    }
  }

  /** Of a number that nobody has claimed. */
  private async platformDemo(): Promise<Answerer | { sentence: keyof FixedSentences }> {
    const { scenario, userEmail } = this.config.calls.demo;
    const [user] = await this.db.lookup<{ id: number; is_active: boolean }>(
      'SELECT id, is_active FROM lookup_user_by_email($1)',
      [userEmail.toLowerCase()],
    );
    if (user?.is_active !== true) return { sentence: 'numberUnknown' };
    const owner = { userId: user.id };
    try {
      return { owner, agent: await this.scenarios.resolveAgent(owner, scenario), mode: 'demo', isRecorded: true };
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
      this.log.error({ msg: 'DEMO_SCENARIO cannot answer', err: error });
      return { sentence: 'notAvailable' };
    }
  }

  /** Calls of one user queue up here, so that several at once cannot pass the caps together. */
  private async refusalOf(
    tx: EntityManager,
    { userId }: Owner,
    { phoneNumber, isDemo, hasPlace }: { phoneNumber: string; isDemo: boolean; hasPlace: boolean },
  ): Promise<Admission | null> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('calls'), $1)`, [userId]);
    const [counts] = await tx.query<{ live: number; today: number; of_caller: number }[]>(
      // Who was only told that nobody can talk takes up no line, and none of the day's calls.
      `SELECT (SELECT count(*)::integer FROM calls
           WHERE user_id = $1 AND status = ANY ($2) AND (direction = 'outbound' OR ended_reason IS NULL)) AS live,
         (SELECT count(*)::integer FROM calls WHERE user_id = $1 AND direction = 'inbound'
           AND (stream_opened_at IS NOT NULL OR ended_reason IS NULL)
           AND created_at >= date_trunc('day', clock_timestamp(), 'UTC')) AS today,
         (SELECT count(*)::integer FROM calls WHERE user_id = $1 AND direction = 'inbound' AND phone_number = $3 AND is_demo
           AND (stream_opened_at IS NOT NULL OR ended_reason IS NULL)
           AND created_at > clock_timestamp() - interval '1 day') AS of_caller`,
      [userId, LIVE_STATUSES, phoneNumber],
    );
    const { maxConcurrentCalls, maxCallsPerDay } = this.config.limits;
    const { live = 0, today = 0, of_caller: ofCaller = 0 } = counts ?? {};
    if (!hasPlace) return { reason: 'server_error', sentence: 'allBusy' };
    if (live >= maxConcurrentCalls) return { reason: 'budget', sentence: 'allBusy' };
    const isOverDay = today >= maxCallsPerDay || (isDemo && ofCaller >= this.config.calls.demo.callsPerCaller);
    return isOverDay ? { reason: 'budget', sentence: 'notAvailable' } : null;
  }

  private maxDurationSeconds(agent: Agent, isDemo: boolean): number {
    const { limits, calls } = this.config;
    const longest = Math.min(agent.maxDurationSeconds ?? limits.maxCallSeconds, limits.maxCallSeconds);
    return isDemo ? Math.min(longest, calls.demo.durationSeconds) : longest;
  }
}

function isFinished(call: Call): boolean {
  return isOver(call.status) || call.endedReason !== null;
}
