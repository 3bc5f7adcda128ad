import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { SignInBusy } from './auth.errors';

/** OWASP's first recommendation for argon2id (the library's default variant): 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashing runs on libuv's four threads, which files and name look-ups need as well. */
const MAX_RUNNING = 2;

/** About two seconds of waiting; whoever comes then is asked to come back. */
const MAX_WAITING = 200;

/** Hashes and checks passwords, a few at a time: a flood of sign-ins must not take memory and threads from live calls. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private unknownUserHash: Promise<string> | undefined;

  /** @throws SignInBusy */
  async hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, COST));
  }

  /**
   * Takes the same time whether there is a hash or not, so an unknown address cannot be told from a wrong password.
   * @throws SignInBusy
   */
  async matches(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    if (passwordHash != null) return this.inTurn(() => verify(passwordHash, password));
    this.unknownUserHash ??= hash('the password of nobody', COST);
    const nobody = await this.unknownUserHash;
    await this.inTurn(() => verify(nobody, password));
    return false;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= MAX_RUNNING) {
      if (this.waiting.length >= MAX_WAITING) throw new SignInBusy();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
