import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Capacity } from '../common/capacity';
import { IdempotencyKeyReused } from '../common/idempotency.guard';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import {
  CarrierBusy,
  CarrierRefused,
  CarrierUnreachable,
  OutboundCall,
  PlacedCall,
  Telephony,
} from '../integrations/telephony/telephony';
import { isSpeakable } from '../scenarios/fill-in';
import { ScenariosService } from '../scenarios/scenarios.service';
import { CallPermissionService } from './call-permission.service';
import { isOver } from './call-status';
import { Call } from './call.entity';
import { CallEnded } from './calls.events';
import {
  CallOutcomeUnknown,
  CallTextTooLong,
  CallTooLong,
  CarrierRefusedCall,
  CarrierUnavailable,
  InvalidPhoneNumber,
} from './calls.errors';
import { DialAttempts, DialIntent, PlannedCall } from './dial-attempts.service';
import { DialledCalls } from './dialled-calls.service';

/** A call as somebody asks for it. */
export interface CallRequest {
  phoneNumber: string;
  /** The number stands in a path, where people leave out the plus. */
  isNumberInPath?: boolean;
  /** A built-in name or `custom_…`. */
  scenario: string;
  variables?: Record<string, string>;
  maxDurationSeconds?: number;
  record?: boolean;
  metadata?: Record<string, unknown>;
  idempotencyKey?: string;
  /** For whoever keeps a record of the call before it is there. */
  planned?: PlannedCall;
}

/** Twilio's ways to say that a number is not one (reference/twilio.md section 1). */
const NUMBER_REFUSED = new Set([21211, 21214, 21217]);

/** The conversation says goodbye by itself at its limit; the carrier's own limit is for the case that it cannot. */
const TIME_LIMIT_MARGIN_SECONDS = 30;

/**
 * A process that was stopped for a while between writing down that it asks and asking must not ask any more: the settlement
 * may have found meanwhile that there is no such call (DialSettlement, ABSENT_AFTER_MS).
 */
const STALE_AFTER_MS = 20_000;

/** A callback often tells within a moment what Twilio's lost answer would have told. */
const CALLBACK_PATIENCE_MS = 2000;
const CALLBACK_POLL_MS = 200;

/** Places calls: the row first, then the carrier once, then its sid. */
@Injectable()
export class CallPlacing {
  private readonly log = new Logger(CallPlacing.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly drain: Drain,
    private readonly capacity: Capacity,
    private readonly scenarios: ScenariosService,
    private readonly permission: CallPermissionService,
    private readonly attempts: DialAttempts,
    private readonly dialled: DialledCalls,
    private readonly telephony: Telephony,
  ) {}

  /**
   * Rings a phone. The same idempotency key never rings it twice, and neither does the same planned id: a call that is there
   * under it already is given back as it is.
   * @throws InvalidPhoneNumber, InvalidScenario, CustomScenarioNotFound, CallTextTooLong, CallTooLong, CallNotAllowed: nothing was done
   * @throws CarrierRefusedCall, CarrierUnavailable: not dialled; CallOutcomeUnknown: perhaps dialled
   */
  async place(owner: Owner, request: CallRequest): Promise<Call> {
    this.drain.refuseNewWork();
    return this.dialled.whilePlacing(() => this.placeNow(owner, request));
  }

  /** As `place`, for a scenario of the owner's alone. @throws CustomScenarioNotFound also for a built-in name */
  async placeCustom(owner: Owner, request: CallRequest): Promise<Call> {
    this.drain.refuseNewWork();
    this.permission.read(request.phoneNumber, { inPath: request.isNumberInPath });
    await this.scenarios.get(owner, request.scenario);
    return this.place(owner, request);
  }

  /** Busy, not answered, never dialled: nobody will come for the place. */
  @OnEvent(CallEnded.type)
  onEnded({ callId }: CallEnded): void {
    this.capacity.forget(callId);
  }

  private async placeNow(owner: Owner, request: CallRequest): Promise<Call> {
    const number = this.permission.read(request.phoneNumber, { inPath: request.isNumberInPath });
    if (request.idempotencyKey !== undefined) {
      const earlier = await this.attempts.findByKey(owner, request.idempotencyKey);
      if (earlier !== null) return requireSame(earlier, request, number.kind === 'subscriber' ? number.e164 : '');
    }
    if (request.planned !== undefined) {
      const earlier = await this.attempts.findById(owner, request.planned.callId);
      if (earlier !== null) return earlier;
    }
    const agent = await this.scenarios.resolveAgent(owner, request.scenario);
    if (!isSpeakable(agent, request.variables ?? {})) throw new CallTextTooLong();
    const { call, isNew } = await this.intend(owner, {
      number,
      agent,
      variables: request.variables ?? {},
      metadata: request.metadata ?? {},
      record: this.config.recordings.areMade && (request.record ?? false),
      maxDurationSeconds: this.maxDurationSeconds(request.maxDurationSeconds, agent.maxDurationSeconds),
      idempotencyKey: request.idempotencyKey,
      planned: request.planned,
    });
    if (isNew) return this.dial(owner, call);
    return call.id === request.planned?.callId ? call : requireSame(call, request, call.phoneNumber);
  }

  /** A place is kept for the call from before it is written down, so that several at once cannot pass the limit together. */
  private async intend(owner: Owner, intent: Omit<DialIntent, 'hasPlace'>): Promise<{ call: Call; isNew: boolean }> {
    const giveBack = this.capacity.claimPlace();
    try {
      const intended = await this.attempts.intend(owner, { ...intent, hasPlace: giveBack !== null });
      if (intended.isNew) this.capacity.expect(intended.call.id, this.dialled.pickUpMs);
      return intended;
    } finally {
      giveBack?.();
    }
  }

  /** Dials an intended call: once, whatever happens. @throws as `place` */
  async dial(owner: Owner, call: Call): Promise<Call> {
    const askedAtMs = Date.now();
    if (!(await this.attempts.markAsked(owner, call.id))) {
      throw new CarrierUnavailable('The call was given up before it was dialled.', { call_id: call.id }, undefined);
    }
    this.dialled.add(owner, call.id);
    let placed: PlacedCall;
    try {
      if (Date.now() - askedAtMs > STALE_AFTER_MS) throw new CarrierUnreachable('This server stood still.');
      placed = await this.telephony.placeCall(this.outboundCall(call));
    } catch (error) {
      return this.notPlaced(owner, call, error);
    }
    try {
      const stored = await this.attempts.markPlaced(owner, call.id, placed);
      if (isOver(stored.status) || stored.endedReason === 'owner_hung_up') await this.hangUpUnwanted(stored);
      return stored;
    } catch (error) {
      // The phone rings; a callback or the settlement will bind the sid.
      this.log.error({ msg: 'The sid of a placed call could not be stored', call_id: call.id, err: error });
      throw new CallOutcomeUnknown(call.id, error);
    }
  }

  private outboundCall(call: Call): OutboundCall {
    const { publicUrl, calls } = this.config;
    const attemptId = call.attemptId ?? '';
    return {
      to: call.phoneNumber,
      from: call.fromNumber,
      voiceUrl: `${publicUrl}/twilio/voice/${attemptId}`,
      statusCallbackUrl: `${publicUrl}/call-status?attempt=${attemptId}`,
      ringTimeoutSeconds: calls.ringTimeoutSeconds,
      timeLimitSeconds: call.maxDurationSeconds + TIME_LIMIT_MARGIN_SECONDS,
      ...(call.record ? { recordingStatusCallbackUrl: `${publicUrl}/recording-status?attempt=${attemptId}` } : {}),
      machineDetection: { callbackUrl: `${publicUrl}/twilio/amd/${attemptId}` },
    };
  }

  private async notPlaced(owner: Owner, call: Call, error: unknown): Promise<Call> {
    if (error instanceof CarrierRefused) {
      const isNumberRefused = error.carrierCode !== null && NUMBER_REFUSED.has(error.carrierCode);
      await this.attempts.fail(owner, call.id, {
        from: 'asked',
        dialState: 'refused',
        endedReason: isNumberRefused ? 'rejected' : 'carrier_error',
        errorCode: error.carrierCode === null ? 'carrier_refused' : String(error.carrierCode),
        errorDetail: error.message,
      });
      if (isNumberRefused) throw new InvalidPhoneNumber();
      throw new CarrierRefusedCall(call.id, error.message, error);
    }
    if (error instanceof CarrierBusy || error instanceof CarrierUnreachable) {
      const detail =
        error instanceof CarrierBusy
          ? 'Twilio is busy at the moment. The call was not placed; please try again.'
          : 'Twilio cannot be reached at the moment. The call was not placed; please try again.';
      await this.attempts.fail(owner, call.id, {
        from: 'asked',
        dialState: 'absent',
        endedReason: 'carrier_error',
        errorCode: error instanceof CarrierBusy ? 'carrier_busy' : 'carrier_unreachable',
        errorDetail: error.message,
      });
      throw new CarrierUnavailable(detail, { call_id: call.id }, error);
    }
    const said = error instanceof Error ? error.message : 'Twilio did not answer.';
    await this.attempts.markUnknown(owner, call.id, said);
    this.log.warn({
      msg: 'The outcome of a dial attempt is unknown',
      call_id: call.id,
      user_id: owner.userId,
      err: error,
    });
    const bound = await this.awaitCallback(owner, call.id);
    if (bound === null) throw new CallOutcomeUnknown(call.id, error);
    return bound;
  }

  private async awaitCallback(owner: Owner, callId: string): Promise<Call | null> {
    for (let waitedMs = 0; waitedMs <= CALLBACK_PATIENCE_MS; waitedMs += CALLBACK_POLL_MS) {
      const call = await this.attempts.get(owner, callId);
      if (call.callSid !== null) return call;
      await sleep(CALLBACK_POLL_MS);
    }
    return null;
  }

  /** Its owner hung up, or the attempt was given up, while the carrier was being asked. */
  private async hangUpUnwanted(call: Call): Promise<void> {
    if (call.callSid === null) return;
    try {
      await this.telephony.hangUp(call.callSid);
    } catch (error) {
      // The voice webhook answers with a hang-up as well.
      this.log.warn({ msg: 'An unwanted call could not be hung up', call_id: call.id, err: error });
    }
  }

  private maxDurationSeconds(asked: number | undefined, ofScenario: number | null): number {
    const { maxCallSeconds } = this.config.limits;
    if (asked !== undefined && asked > maxCallSeconds) throw new CallTooLong(maxCallSeconds);
    return Math.min(asked ?? ofScenario ?? maxCallSeconds, maxCallSeconds);
  }
}

/** The row of an earlier request with the same key, which must have asked for the same. */
function requireSame(call: Call, request: CallRequest, e164: string): Call {
  if (call.phoneNumber !== e164 || call.scenarioName !== request.scenario) throw new IdempotencyKeyReused();
  return call;
}
