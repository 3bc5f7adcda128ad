import { setTimeout as sleep } from 'node:timers/promises';
import { BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { AppError } from '../common/app-error';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { isOver } from './call-status';
import { CallEnded } from './calls.events';
import { DialAttempts } from './dial-attempts.service';

/** The carrier is asked and begins to ring; and whoever has picked up gets their stream opened. */
const BEYOND_RINGING_MS = 10_000;
const POLL_MS = 250;

interface DialledCall {
  owner: Owner;
  /** When it cannot be picked up any more, by performance.now(). */
  until: number;
}

/**
 * The calls that this process has dialled and that nobody carries yet. A server that stops waits for them: whoever picks
 * up shall find somebody to talk to. From the open stream on, the room that carries the conversation does the waiting.
 */
@Injectable()
export class DialledCalls implements BeforeApplicationShutdown {
  private readonly calls = new Map<string, DialledCall>();
  private placing = 0;
  private hasGivenUp = false;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly attempts: DialAttempts,
    drain: Drain,
  ) {
    drain.onDrain(() => this.untilCarried());
  }

  /** Counts what was let in before the stop and has not come to its dialling. */
  async whilePlacing<T>(work: () => Promise<T>): Promise<T> {
    this.placing += 1;
    try {
      return await work();
    } finally {
      this.placing -= 1;
    }
  }

  /** For how long after the dialling a call may still be picked up and become a stream. */
  get pickUpMs(): number {
    return this.config.calls.ringTimeoutSeconds * 1000 + BEYOND_RINGING_MS;
  }

  /** Just before the carrier is asked. */
  add(owner: Owner, callId: string): void {
    const now = performance.now();
    this.forgetUntil(now);
    this.calls.set(callId, { owner, until: now + this.pickUpMs });
  }

  @OnEvent(CallEnded.type)
  onEnded({ callId }: CallEnded): void {
    this.calls.delete(callId);
  }

  /** The grace is over. */
  beforeApplicationShutdown(): void {
    this.hasGivenUp = true;
  }

  /** By asking again, since the callback that tells of the answer may reach another instance. */
  private async untilCarried(): Promise<void> {
    while (!this.hasGivenUp && (this.placing > 0 || this.calls.size > 0)) {
      await this.forgetCarried();
      // Also after the last one: a stream that has just been opened becomes a conversation within that time.
      await sleep(POLL_MS);
    }
  }

  private async forgetCarried(): Promise<void> {
    this.forgetUntil(performance.now());
    for (const [callId, { owner }] of this.calls) {
      if (await this.isCarried(owner, callId)) this.calls.delete(callId);
    }
  }

  private async isCarried(owner: Owner, callId: string): Promise<boolean> {
    try {
      const { status, streamOpenedAt } = await this.attempts.get(owner, callId);
      return isOver(status) || streamOpenedAt !== null;
    } catch (error) {
      // The call or its user is gone.
      if (error instanceof AppError) return true;
      throw error;
    }
  }

  /** In the order of insertion, which is that of their time. */
  private forgetUntil(now: number): void {
    for (const [callId, { until }] of this.calls) {
      if (until > now) return;
      this.calls.delete(callId);
    }
  }
}
