import { randomUUID } from 'node:crypto';
import { Logger, OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';

/** What an instance answers to a question; it must be JSON. */
export type InstanceAnswer = (question: unknown) => unknown;

/** The instances of this server: each can ask all of them, itself included, such as which sockets of a user it holds. */
export abstract class Instances {
  private readonly answers = new Map<string, InstanceAnswer>();

  /** Says how this instance answers a kind of question. */
  onAsked(topic: string, answer: InstanceAnswer): void {
    this.answers.set(topic, answer);
  }

  /** The answers of all instances that answer in time; this one's is always there, and first. */
  abstract ask(topic: string, question: unknown): Promise<unknown[]>;

  protected async own(topic: string, question: unknown): Promise<unknown> {
    return this.answers.get(topic)?.(question);
  }
}

/** There is no other instance, or nobody has said how to reach it (REDIS_URL). */
export class LoneInstance extends Instances {
  async ask(topic: string, question: unknown): Promise<unknown[]> {
    return [await this.own(topic, question)];
  }
}

const QUESTIONS = 'speech-assistant:questions';
const ANSWERS = 'speech-assistant:answers:';
/** An instance that needs longer is hung up or gone. */
const ANSWER_LIMIT_MS = 1000;
const COMMAND_TIMEOUT_MS = 500;

interface Asked {
  readonly answers: unknown[];
  /** Answers that are still to come; unknown until Redis has said how many heard the question. */
  missing: number | null;
  done(): void;
}

/**
 * Instances that hear each other through Redis. Redis tells how many have heard a question, so nobody is waited for in vain.
 * While Redis is away each answers for itself.
 */
export class SharedInstances extends Instances implements OnApplicationShutdown {
  private readonly log = new Logger(SharedInstances.name);
  private readonly id = randomUUID();
  private readonly asked = new Map<string, Asked>();
  private readonly publisher: Redis;
  private readonly subscriber: Redis;
  private isReachable = true;

  constructor(redisUrl: string) {
    super();
    this.publisher = new Redis(redisUrl, {
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      disconnectTimeout: COMMAND_TIMEOUT_MS,
    });
    // Waits for Redis however long it takes, and subscribes anew after each time that it was away.
    this.subscriber = new Redis(redisUrl, { maxRetriesPerRequest: null, disconnectTimeout: COMMAND_TIMEOUT_MS });
    for (const redis of [this.publisher, this.subscriber]) {
      redis.on('error', (error: Error) => this.noteUnreachable(error));
      redis.on('ready', () => (this.isReachable = true));
    }
    this.subscriber.on('message', (channel: string, text: string) => {
      if (channel === QUESTIONS) this.answer(text).catch((error: unknown) => this.noteUnreachable(error));
      else this.answered(text);
    });
    this.subscriber.subscribe(QUESTIONS, ANSWERS + this.id).catch((error: unknown) => this.noteUnreachable(error));
  }

  async ask(topic: string, question: unknown): Promise<unknown[]> {
    const [own, others] = await Promise.all([this.own(topic, question), this.askOthers(topic, question)]);
    return [own, ...others];
  }

  onApplicationShutdown(): void {
    this.publisher.disconnect();
    this.subscriber.disconnect();
    for (const { done } of this.asked.values()) done();
  }

  private async askOthers(topic: string, question: unknown): Promise<unknown[]> {
    const id = randomUUID();
    const answers: unknown[] = [];
    let timer: NodeJS.Timeout | undefined;
    const isDone = new Promise<void>((resolve) => {
      this.asked.set(id, { answers, missing: null, done: resolve });
      timer = setTimeout(resolve, ANSWER_LIMIT_MS);
    });
    try {
      const heard = await this.publisher.publish(QUESTIONS, JSON.stringify({ id, from: this.id, topic, question }));
      this.expect(id, heard - 1);
      await isDone;
    } catch (error) {
      this.noteUnreachable(error);
    } finally {
      clearTimeout(timer);
      this.asked.delete(id);
    }
    return answers;
  }

  /** This instance has heard its own question as well. */
  private expect(id: string, others: number): void {
    const asked = this.asked.get(id);
    if (asked === undefined) return;
    asked.missing = others - asked.answers.length;
    if (asked.missing <= 0) asked.done();
  }

  private async answer(text: string): Promise<void> {
    const { id, from, topic, question } = JSON.parse(text) as Record<'id' | 'from' | 'topic', string> & {
      question: unknown;
    };
    if (from === this.id) return;
    const answer = await this.own(topic, question).catch((error: unknown) => {
      this.log.error({ msg: 'A question of another instance could not be answered', topic, err: error });
      return null;
    });
    await this.publisher.publish(ANSWERS + from, JSON.stringify({ id, answer: answer ?? null }));
  }

  private answered(text: string): void {
    const { id, answer } = JSON.parse(text) as { id: string; answer: unknown };
    const asked = this.asked.get(id);
    if (asked === undefined) return;
    asked.answers.push(answer);
    if (asked.missing !== null && --asked.missing <= 0) asked.done();
  }

  private noteUnreachable(error: unknown): void {
    if (this.isReachable) {
      this.log.error({ msg: 'Redis does not answer: each instance knows its own sockets alone', err: error });
    }
    this.isReachable = false;
  }
}
