/** What became of what a call was for. */
export const CALL_OUTCOMES = [
  'reached',
  'partly_reached',
  'not_reached',
  'declined',
  'call_back',
  'wrong_person',
  'no_conversation',
  'unclear',
] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];
