import type { Owner } from '../common/owner';
import type { CallStatus } from './call-status';
import type { EndedReason } from './ended-reason';

/**
 * The phone rings: what the conversation needs can be made ready. Not announced while the carrier only dials, since what is
 * made ready costs money and a busy number never rings; and not at all where the report of the ringing was lost.
 */
export class CallRinging {
  static readonly type = 'call.ringing';
  constructor(
    readonly owner: Owner,
    readonly callId: string,
  ) {}
}

/** Something that a person may look at has changed: status, order, notes. */
export class CallUpdated {
  static readonly type = 'call.updated';
  constructor(
    readonly owner: Owner,
    readonly callId: string,
  ) {}
}

/**
 * The carrier says who answered: human, machine_start, machine_end_beep, machine_end_silence, machine_end_other, fax or
 * unknown. It may say so twice.
 */
export class CallAnsweredBy {
  static readonly type = 'call.answered_by';
  /** Set by whoever carries the conversation: what follows from a machine is then theirs to decide. */
  isHandled = false;
  constructor(
    readonly owner: Owner,
    readonly callId: string,
    readonly answeredBy: string,
  ) {}
}

/**
 * The carrier asks what is to be done with a call whose media stream is over. Whoever carries the conversation answers: what
 * is still to be said by the carrier's voice, or nothing.
 */
export class CallStreamOver {
  static readonly type = 'call.stream_over';
  /** Set by whoever carries the conversation. */
  isHandled = false;
  /** Null: nothing is to be said. */
  say: string | null = null;
  /** BCP 47, of what is to be said. */
  language: string | null = null;
  constructor(
    readonly owner: Owner,
    readonly callId: string,
  ) {}
}

/** Its owner hangs up on a call that no carrier can be told about: whoever carries it ends it. */
export class CallHangUpAsked {
  static readonly type = 'call.hang_up_asked';
  constructor(
    readonly owner: Owner,
    readonly callId: string,
  ) {}
}

/** The call is over. Once for each call and process that saw it. */
export class CallEnded {
  static readonly type = 'call.ended';
  constructor(
    readonly owner: Owner,
    readonly callId: string,
    readonly callSid: string | null,
    readonly status: CallStatus,
    readonly endedReason: EndedReason,
  ) {}
}

/** All that was said on a call is written down; whether the carrier has told that it is over is another matter. */
export class CallWritten {
  static readonly type = 'call.written';
  constructor(
    readonly owner: Owner,
    readonly callId: string,
  ) {}
}

/** A call that is over was read: its summary, its outcome and what its scenario wants to know of it are there. */
export class CallAnalysed {
  static readonly type = 'call.analysed';
  constructor(
    readonly owner: Owner,
    readonly callId: string,
  ) {}
}
