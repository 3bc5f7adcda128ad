import type { Owner } from '../common/owner';

/** A calendar was connected, or connected anew. */
export class CalendarConnected {
  static readonly type = 'calendar.connected';
  constructor(readonly owner: Owner) {}
}

/** A calendar is about to be disconnected: its tokens still work. Listeners are waited for, within bounds. */
export class CalendarDisconnecting {
  static readonly type = 'calendar.disconnecting';
  constructor(readonly owner: Owner) {}
}

/** Nothing can be asked of the calendar any more. */
export class CalendarDisconnected {
  static readonly type = 'calendar.disconnected';
  constructor(readonly owner: Owner) {}
}
