import type { Owner } from '../common/owner';

/** Somebody has texted; told once of each text. */
export class SmsReceived {
  static readonly type = 'sms.received';
  constructor(
    readonly owner: Owner,
    readonly smsId: string,
  ) {}
}

/** A text of ours is there, or stands elsewhere than before. */
export class SmsUpdated {
  static readonly type = 'sms.updated';
  constructor(
    readonly owner: Owner,
    readonly smsId: string,
  ) {}
}
