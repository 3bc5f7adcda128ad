import { BeforeApplicationShutdown, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { databaseError } from '../common/database-errors';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { LanguageModelError, LanguageModelTrouble } from '../integrations/language-model/language-model';

const INTERVAL_MS = 5000;
const READ_AT_ONCE = 2;
/** Longer than three questions take with their retries. Who reads longer has died, and somebody else may. */
export const LEASE_SECONDS = 600;

/** Asked again after this long, then after four times as long, up to the most: for about three days in all. */
const FIRST_RETRY_SECONDS = 30;
const MOST_RETRY_SECONDS = 3600;
const MAX_TRIES = 75;
/** The account's trouble is the same for every conversation: none is asked about for this long. */
const ACCOUNT_PAUSE_MS = 10 * 60_000;

const OTHER_TROUBLE = 'Something went wrong here.';

/** Something to be read, by what it is found again. */
export interface Due<Id> {
  owner: Owner;
  id: Id;
}

/** The right to read something until the lease is over; whoever writes the words anew ends it, too. */
export interface ReadingClaim<Id> extends Due<Id> {
  /** When the lease is over, as PostgreSQL writes it. */
  lease: string;
  /** Of these, this one included. */
  tries: number;
}

/** What becomes of something that could not be read. */
export interface Postponement {
  /** For whoever waits for it. */
  sentence: string;
  tries: number;
  /** Null: it is given up. */
  pauseSeconds: number | null;
}

/**
 * Has a language model read conversations, and writes down what it found: each once, by whichever process, again after a
 * trouble that may pass. Nothing is asked within a transaction.
 */
export abstract class ConversationReader<Id, Claim extends ReadingClaim<Id>>
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly log = new Logger(this.constructor.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.makeAll(),
    (error) => this.log.error({ msg: 'Conversations to be read could not be looked for', err: error }),
  );
  /** Questions that are open. */
  private readonly open = new Set<AbortController>();
  private isOver = false;
  private pausedUntilMs = 0;

  constructor(private readonly isOn: boolean) {}

  /** Of all users, what is due by then. */
  protected abstract due(now: Date): Promise<Due<Id>[]>;
  /** Null where others are at it, or nothing is due any more. */
  protected abstract claim(due: Due<Id>, now: Date): Promise<Claim | null>;
  /** Asks, and writes the answer where the claim still holds. @throws LanguageModelError */
  protected abstract read(claim: Claim, signal: AbortSignal): Promise<void>;
  protected abstract postpone(claim: Claim, postponement: Postponement): Promise<void>;

  onApplicationBootstrap(): void {
    if (this.isOn) this.rounds.begin();
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
    const due = await this.due(now);
    const readers = Array.from({ length: READ_AT_ONCE }, async () => {
      const mayGoOn = () => !this.isOver && now.getTime() >= this.pausedUntilMs;
      for (let next = due.shift(); next !== undefined && mayGoOn(); next = due.shift()) await this.make(next, now);
    });
    await Promise.all(readers);
  }

  private async make(due: Due<Id>, now: Date): Promise<void> {
    try {
      const claim = await this.claim(due, now);
      if (claim !== null) await this.ask(claim);
    } catch (error) {
      if (this.isOver) return;
      if (troubleOf(error) === 'account') this.pausedUntilMs = now.getTime() + ACCOUNT_PAUSE_MS;
      this.log.warn({ msg: 'A conversation could not be read', of: due.id, user_id: due.owner.userId, err: error });
    }
  }

  private async ask(claim: Claim): Promise<void> {
    const question = new AbortController();
    this.open.add(question);
    try {
      await this.read(claim, question.signal);
    } catch (error) {
      await this.postpone(claim, this.postponementOf(claim, error));
      throw error;
    } finally {
      this.open.delete(question);
    }
  }

  /** The account's trouble, and a server that stops, do not count as tries. */
  private postponementOf({ tries }: Claim, error: unknown): Postponement {
    const trouble = this.isOver ? 'moment' : troubleOf(error);
    const isCounted = trouble !== 'account' && !this.isOver;
    const isTriedAgain = trouble !== 'question' && tries < MAX_TRIES;
    const pause = isCounted ? Math.min(FIRST_RETRY_SECONDS * 4 ** (tries - 1), MOST_RETRY_SECONDS) : 0;
    return {
      sentence: sentenceOf(error),
      tries: isCounted ? tries : tries - 1,
      pauseSeconds: isTriedAgain ? pause : null,
    };
  }
}

/** What is no trouble of the model is one of ours, which may be mended by then. */
export function troubleOf(error: unknown): LanguageModelTrouble {
  if (error instanceof LanguageModelError) return error.trouble;
  // An answer that cannot be stored is none the next time either.
  return databaseError(error)?.kind === 'unprocessable' ? 'question' : 'moment';
}

export function sentenceOf(error: unknown): string {
  return error instanceof LanguageModelError ? error.message : OTHER_TROUBLE;
}
