import type { Owner } from '../common/owner';

/** A scheduled call stands elsewhere than before: it was made, moved, taken up, dialled, canceled. */
export class ScheduledCallUpdated {
  static readonly type = 'scheduled_call.updated';
  constructor(
    readonly owner: Owner,
    readonly id: number,
  ) {}
}
