import type { Owner } from '../common/owner';

/** Name or time zone are others. */
export class UserUpdated {
  static readonly type = 'user.updated';
  constructor(readonly owner: Owner) {}
}

/**
 * A user is about to be erased with everything that is theirs. Listeners end what is live (calls, sockets) and remove
 * what lies outside the database; they are waited for, within bounds.
 */
export class UserErasing {
  static readonly type = 'user.erasing';
  constructor(readonly owner: Owner) {}
}

/** The user and all of their rows are gone. */
export class UserErased {
  static readonly type = 'user.erased';
  constructor(readonly owner: Owner) {}
}
