import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CallPermissionService } from '../calls/call-permission.service';
import { Call } from '../calls/call.entity';
import { AppError } from '../common/app-error';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { storedText } from '../common/stored-text';
import { Database } from '../database/database';
import { fillIn, MAX_TEXT_CHARS } from '../scenarios/fill-in';
import { MAX_TRIES, SendAttempts } from './send-attempts.service';
import { SmsMessage } from './sms-message.entity';
import { SmsSenders } from './sms-senders.service';
import { SmsSending } from './sms-sending.service';
import { SmsUpdated } from './sms.events';

const NO_NUMBER = 'Nobody can be texted: the other side showed no number.';
const FIRST_RETRY_SECONDS = 30;
const MOST_RETRY_SECONDS = 3600;
/** After that nobody knows any more what it is about. */
const SENT_WITHIN_HOURS = 36;
const TOO_LATE = `It could not be sent within ${SENT_WITHIN_HOURS} hours after the call.`;

/** What a scenario texts once a call is over. It is written down once, and sent when the carrier takes it and it is permitted. */
@Injectable()
export class FollowUpTexts {
  private readonly log = new Logger(FollowUpTexts.name);

  constructor(
    private readonly db: Database,
    private readonly permission: CallPermissionService,
    private readonly senders: SmsSenders,
    private readonly attempts: SendAttempts,
    private readonly sending: SmsSending,
    private readonly events: DomainEvents,
  ) {}

  /** Writes down what is to be sent after a call, once, whoever comes first; also that nothing can be. */
  async write(owner: Owner, callId: string): Promise<void> {
    const call = await this.db.asOwner(owner, (tx) => tx.findOneBy(Call, { userId: owner.userId, id: callId }));
    if (call === null) return;
    if (!isFollowed(call)) {
      await this.db.asOwner(owner, (tx) => noteFollowed(tx, call));
      return;
    }
    const body = storedText(fillIn(call.agent.followUpText ?? '', call.variables)).trim();
    const sender = await this.senderOf(owner, call.fromNumber);
    const problem =
      problemOf(body) ?? (this.permission.readOrNull(call.phoneNumber) === null ? NO_NUMBER : sender.problem);
    const id = randomUUID();
    const [, written] = await this.db.asOwner(owner, async (tx) => {
      await noteFollowed(tx, call);
      return tx.query<[unknown[], number]>(
        `INSERT INTO sms_messages (id, user_id, direction, phone_number, own_number, body, status, send_state, attempt_id, source,
           call_id, error_code, error_detail, due_at, created_at)
         VALUES ($1, $2, 'outbound', $3, $4, $5, $6, $7, $8, 'follow_up', $9, $10, $11,
           CASE WHEN $11::text IS NULL THEN date_trunc('milliseconds', clock_timestamp()) END, clock_timestamp())
         ON CONFLICT (user_id, call_id) WHERE source = 'follow_up' DO NOTHING RETURNING id`,
        [
          id,
          owner.userId,
          call.phoneNumber,
          sender.from,
          body,
          problem === null ? 'queued' : 'failed',
          problem === null ? 'intended' : 'refused',
          randomUUID(),
          callId,
          problem === null ? null : 'not_sendable',
          problem,
        ],
      );
    });
    if (written > 0) this.events.emit(new SmsUpdated(owner, id));
  }

  /** Sends one that is due; where that is not permitted the row says why, in words. */
  async send(owner: Owner, sms: SmsMessage, now: Date): Promise<void> {
    const number = this.permission.readOrNull(sms.phoneNumber);
    if (number === null) return;
    const isTooLate = now.getTime() - sms.createdAt.getTime() > SENT_WITHIN_HOURS * 3_600_000;
    // The number of then may be somebody else's by now.
    const { from, problem } = await this.senderOf(owner, sms.ownNumber);
    if (isTooLate || problem !== null) {
      const [errorCode, errorDetail] = isTooLate ? ['too_late', TOO_LATE] : ['not_sendable', problem ?? ''];
      await this.attempts.fail(owner, sms.id, { sendState: 'refused', errorCode, errorDetail });
      return;
    }
    const begunAtMs = Date.now();
    const asked = await this.attempts.markAsked(owner, sms.id, number, from);
    if (asked === null) return;
    const [reason] = asked.permission.reasons;
    if (reason !== undefined) {
      const { code, detail } = reason;
      const { earliestAt } = asked.permission;
      if (earliestAt === null) {
        await this.attempts.fail(owner, sms.id, { sendState: 'refused', errorCode: code, errorDetail: detail });
      } else await this.attempts.postpone(owner, sms.id, earliestAt, { code, detail });
      return;
    }
    const { sms: sent } = await this.sending.ask(owner, asked.sms, begunAtMs, {
      laterAt: sms.tries < MAX_TRIES ? new Date(now.getTime() + pauseMs(sms.tries)) : undefined,
    });
    this.log.log({ msg: 'A text after a call', sms_id: sms.id, user_id: owner.userId, send_state: sent.sendState });
  }

  private async senderOf(owner: Owner, preferred: string): Promise<{ from: string; problem: string | null }> {
    try {
      return { from: await this.senders.choose(owner, preferred), problem: null };
    } catch (error) {
      if (error instanceof AppError && error.kind === 'forbidden') return { from: preferred, problem: error.detail };
      throw error;
    }
  }
}

/** A person has answered it and it is over, as it should be. */
function isFollowed({ status, answeredAt, voicemail }: Call): boolean {
  return status === 'completed' && answeredAt !== null && voicemail === null;
}

/** Nobody looks at this call again for what is to be texted after it. */
async function noteFollowed(tx: EntityManager, { userId, id }: Call): Promise<void> {
  await tx.query(
    `UPDATE calls SET followed_up_at = clock_timestamp() WHERE user_id = $1 AND id = $2 AND followed_up_at IS NULL`,
    [userId, id],
  );
}

function problemOf(body: string): string | null {
  if (body === '') return 'There is nothing to send: the text is empty without its variables.';
  return body.length > MAX_TEXT_CHARS ? `The text is longer than ${MAX_TEXT_CHARS} characters.` : null;
}

function pauseMs(tries: number): number {
  return Math.min(FIRST_RETRY_SECONDS * 2 ** Math.max(tries - 1, 0), MOST_RETRY_SECONDS) * 1000;
}
