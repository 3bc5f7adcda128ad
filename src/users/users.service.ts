import { Injectable } from '@nestjs/common';
import { NotAuthenticated } from '../common/app-error';
import { isConflict } from '../common/database-errors';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { User } from './user.entity';
import { UserErased, UserErasing, UserUpdated } from './users.events';

/** How long an erasure waits for live calls to be ended and files to be removed. */
const ERASING_LIMIT_MS = 10_000;
/** Each costs PostgreSQL's deadlock_timeout, a second. */
const ERASING_TRIES = 5;

@Injectable()
export class UsersService {
  constructor(
    private readonly db: Database,
    private readonly events: DomainEvents,
  ) {}

  /** @throws NotAuthenticated when the user is gone */
  async get(owner: Owner): Promise<User> {
    return this.db.asOwner(owner, async (tx) => {
      const user = await tx.findOneBy(User, { id: owner.userId });
      if (user === null) throw new NotAuthenticated();
      return user;
    });
  }

  async update(owner: Owner, changes: Partial<Pick<User, 'name' | 'timezone'>>): Promise<User> {
    const isChange = Object.keys(changes).length > 0;
    const user = await this.db.asOwner(owner, async (tx) => {
      if (isChange) await tx.update(User, { id: owner.userId }, changes);
      return tx.findOneByOrFail(User, { id: owner.userId });
    });
    if (isChange) this.events.emit(new UserUpdated(owner));
    return user;
  }

  /** Erases the user and every row of theirs. Access tokens that are still around stop working at once. */
  async erase(owner: Owner): Promise<void> {
    await this.get(owner);
    await this.events.emitAndWait(new UserErasing(owner), ERASING_LIMIT_MS);
    await this.remove(owner, ERASING_TRIES);
    this.events.emit(new UserErased(owner));
  }

  /**
   * What the rooms own goes by cascade, the do-not-call list too: it is the user's, like everything else. The cascade goes from
   * the user to their rows, and a job that is at the rows goes from them to the user: one of the two has to begin again.
   */
  private async remove(owner: Owner, triesLeft: number): Promise<void> {
    try {
      await this.db.asOwner(owner, (tx) => tx.delete(User, { id: owner.userId }));
    } catch (error) {
      if (triesLeft <= 1 || !isConflict(error)) throw error;
      await this.remove(owner, triesLeft - 1);
    }
  }
}
