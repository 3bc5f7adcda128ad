import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { MailError, MailSender } from '../integrations/mail/mail-sender';
import { Feedback } from './feedback.entity';

const INTERVAL_MS = 5000;
/** Longer than the mail service may take. Who takes longer has died, and somebody else mails it: by its key it arrives once. */
const LEASE_SECONDS = 60;
const FIRST_RETRY_SECONDS = 30;
const MOST_RETRY_SECONDS = 3600;
/** For about two days. */
const MAX_TRIES = 55;

interface Claim {
  owner: Owner;
  feedback: Feedback;
  /** When the lease is over, as PostgreSQL writes it. */
  lease: string;
}

/** Mails what people say of demos to whoever wants to hear it. What is due stands in the rows: a restart loses nothing. */
@Injectable()
export class FeedbackMail implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(FeedbackMail.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.mailAll(),
    (error) => this.log.error({ msg: 'Feedback to be mailed could not be looked for', err: error }),
  );

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly mail: MailSender,
  ) {}

  onApplicationBootstrap(): void {
    if (this.mail.isConfigured && this.config.mail.feedbackTo !== undefined) this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  callForOne(): void {
    this.rounds.callForOne();
  }

  /** One round. @param now moves the clock in tests */
  async mailAll(now = new Date()): Promise<void> {
    const due = await this.db.lookup<{ user_id: number; id: number }>(
      'SELECT user_id, id FROM lookup_unmailed_feedback($1)',
      [now],
    );
    for (const { user_id: userId, id } of due) {
      try {
        const claim = await this.claim({ userId }, id, now);
        if (claim !== null) await this.send(claim);
      } catch (error) {
        this.log.warn({ msg: 'Feedback could not be mailed', feedback_id: id, user_id: userId, err: error });
      }
    }
  }

  private async claim(owner: Owner, id: number, now: Date): Promise<Claim | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[{ lease: string }[], number]>(
        `UPDATE feedback SET mail_due_at = clock_timestamp() + interval '${LEASE_SECONDS} seconds', mail_tries = mail_tries + 1
         WHERE user_id = $1 AND id = $2 AND mail_due_at <= $3 RETURNING mail_due_at::text AS lease`,
        [owner.userId, id, now],
      );
      const [row] = rows;
      if (row === undefined) return null;
      const feedback = await tx.findOneByOrFail(Feedback, { userId: owner.userId, id });
      return { owner, feedback, lease: row.lease };
    });
  }

  private async send(claim: Claim): Promise<void> {
    const { id, callId, rating, message, createdAt } = claim.feedback;
    try {
      await this.mail.send({
        to: this.config.mail.feedbackTo ?? '',
        subject: `Feedback on a demo call: ${rating} of 5`,
        text: [
          `Rating: ${rating} of 5`,
          `Session: ${callId}`,
          `Time: ${createdAt.toISOString()}`,
          '',
          message === '' ? '(no message)' : message,
        ].join('\n'),
        idempotencyKey: `feedback-${id}-${callId}`,
      });
      await this.write(claim, { isMailed: true, retrySeconds: null, error: null });
    } catch (error) {
      const { mailTries } = claim.feedback;
      const isTriedAgain = (!(error instanceof MailError) || error.isOfTheMoment) && mailTries < MAX_TRIES;
      const pauseSeconds = Math.min(FIRST_RETRY_SECONDS * 2 ** (mailTries - 1), MOST_RETRY_SECONDS);
      await this.write(claim, {
        isMailed: false,
        retrySeconds: isTriedAgain ? pauseSeconds : null,
        error: error instanceof MailError ? error.message : 'Something went wrong here.',
      });
      throw error;
    }
  }

  /** Not where somebody else has it by now. */
  private async write(
    { owner, feedback, lease }: Claim,
    { isMailed, retrySeconds, error }: { isMailed: boolean; retrySeconds: number | null; error: string | null },
  ): Promise<void> {
    await this.db.writeAsOwner(owner, {
      text: `UPDATE feedback SET mailed_at = CASE WHEN $4::boolean THEN clock_timestamp() END, mail_error = $6,
          mail_due_at = clock_timestamp() + make_interval(secs => $5::double precision), updated_at = clock_timestamp()
        WHERE user_id = $1 AND id = $2 AND mail_due_at = $3::timestamptz`,
      values: [owner.userId, feedback.id, lease, String(isMailed), retrySeconds, error],
    });
  }
}
