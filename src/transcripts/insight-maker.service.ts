import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { storedText } from '../common/stored-text';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { LanguageModel, LanguageModelError, LanguageModelTrouble } from '../integrations/language-model/language-model';
import { Insights, InsightsAnswer, questionAbout, toInsights } from './conversation-insights';
import type { FlowEntry } from './enhanced-content';

const INTERVAL_MS = 5000;
const ASKED_AT_ONCE = 2;
/** Longer than a question takes with its retries. Who asks longer has died, and somebody else may. */
const LEASE_SECONDS = 180;

/** Asked again after this long, then after four times as long, up to the most: for about three days in all. */
const FIRST_RETRY_SECONDS = 30;
const MOST_RETRY_SECONDS = 3600;
const MAX_TRIES = 75;
/** The account's trouble is the same for every transcript: none is asked about for this long. */
const ACCOUNT_PAUSE_MS = 10 * 60_000;

const OTHER_TROUBLE = 'Something went wrong here.';

/** The right to ask about a transcript until the lease is over; whoever writes the transcript anew ends it, too. */
interface Claim {
  owner: Owner;
  id: number;
  /** When the lease is over, as PostgreSQL writes it. */
  lease: string;
  tries: number;
  languageCode: string;
  flow: FlowEntry[];
}

/** Has a language model read transcripts that are new, and writes down what it found. Nothing is asked within a transaction. */
@Injectable()
export class InsightMaker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(InsightMaker.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.makeAll(),
    (error) => this.log.error({ msg: 'Transcripts to be read could not be looked for', err: error }),
  );
  /** Questions that are open. */
  private readonly open = new Set<AbortController>();
  private isOver = false;
  private pausedUntilMs = 0;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly model: LanguageModel,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.transcripts.hasInsights) this.rounds.begin();
  }

  /** A question that is open is given up, and asked by whoever comes after. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    for (const question of this.open) question.abort();
    await this.rounds.stop();
  }

  /** One round. @param now moves the clock in tests */
  async makeAll(now = new Date()): Promise<void> {
    if (now.getTime() < this.pausedUntilMs) return;
    const due = await this.db.lookup<{ user_id: number; id: number }>(
      'SELECT user_id, id FROM lookup_due_insights($1)',
      [now],
    );
    const readers = Array.from({ length: ASKED_AT_ONCE }, async () => {
      const mayGoOn = () => !this.isOver && now.getTime() >= this.pausedUntilMs;
      for (let next = due.shift(); next !== undefined && mayGoOn(); next = due.shift()) {
        await this.make({ userId: next.user_id }, next.id, now);
      }
    });
    await Promise.all(readers);
  }

  private async make(owner: Owner, id: number, now: Date): Promise<void> {
    try {
      const claim = await this.claim(owner, id, now);
      if (claim !== null) await this.ask(claim);
    } catch (error) {
      if (this.isOver) return;
      if (troubleOf(error) === 'account') this.pausedUntilMs = now.getTime() + ACCOUNT_PAUSE_MS;
      this.log.warn({ msg: 'A transcript could not be read', transcript_id: id, user_id: owner.userId, err: error });
    }
  }

  private async claim(owner: Owner, id: number, now: Date): Promise<Claim | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[Omit<Claim, 'owner' | 'id'>[], number]>(
        `UPDATE enhanced_transcripts SET insight_due_at = clock_timestamp() + interval '${LEASE_SECONDS} seconds',
           insight_tries = insight_tries + 1
         WHERE user_id = $1 AND id = $2 AND insight_due_at <= $3 AND deleted_at IS NULL
         RETURNING insight_due_at::text AS lease, insight_tries AS tries, language_code AS "languageCode",
           conversation_flow AS flow`,
        [owner.userId, id, now],
      );
      return rows[0] === undefined ? null : { owner, id, ...rows[0] };
    });
  }

  private async ask(claim: Claim): Promise<void> {
    try {
      await this.write(claim, toInsights(await this.answer(claim)));
    } catch (error) {
      await this.noteFailure(claim, error);
      throw error;
    }
  }

  private async answer(claim: Claim): Promise<InsightsAnswer> {
    const question = new AbortController();
    this.open.add(question);
    try {
      return await this.model.answer({ ...questionAbout(claim), signal: question.signal });
    } finally {
      this.open.delete(question);
    }
  }

  private async write({ owner, id, lease }: Claim, { sentiment, score, topics }: Insights): Promise<void> {
    await this.db.writeAsOwner(owner, {
      text: `UPDATE enhanced_transcripts SET sentiment = $4, sentiment_score = $5, topics = $6::text[],
          insight_due_at = NULL, insight_error = NULL
        WHERE user_id = $1 AND id = $2 AND insight_due_at = $3::timestamptz`,
      values: [owner.userId, id, lease, sentiment, score, arrayLiteral(topics.map(storedText))],
    });
  }

  /** The account's trouble, and a server that stops, do not count as tries. */
  private async noteFailure({ owner, id, lease, tries }: Claim, error: unknown): Promise<void> {
    const trouble = this.isOver ? 'moment' : troubleOf(error);
    const isCounted = trouble !== 'account' && !this.isOver;
    const isTriedAgain = trouble !== 'question' && tries < MAX_TRIES;
    const pauseSeconds = isCounted ? Math.min(FIRST_RETRY_SECONDS * 4 ** (tries - 1), MOST_RETRY_SECONDS) : 0;
    await this.db.writeAsOwner(owner, {
      text: `UPDATE enhanced_transcripts SET insight_error = $4, insight_tries = $5::integer,
          insight_due_at = ${isTriedAgain ? `clock_timestamp() + interval '${pauseSeconds} seconds'` : 'NULL'}
        WHERE user_id = $1 AND id = $2 AND insight_due_at = $3::timestamptz`,
      values: [owner.userId, id, lease, sentenceOf(error), isCounted ? tries : tries - 1],
    });
  }
}

/** What is no trouble of the model is one of ours, which may be mended by then. */
function troubleOf(error: unknown): LanguageModelTrouble {
  return error instanceof LanguageModelError ? error.trouble : 'moment';
}

function sentenceOf(error: unknown): string {
  return error instanceof LanguageModelError ? error.message : OTHER_TROUBLE;
}

function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
