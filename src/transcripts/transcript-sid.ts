const TWILIO_SID = /^GT[0-9A-Za-z]{8,64}$/;
/** Ours are made from the id of their call: 32 hexadecimal digits. */
const OWN_SID = /^CT([0-9a-f]{32})$/;

/** Whether Twilio may have a transcript of that name. */
export function isTranscriptSid(sid: string): boolean {
  return TWILIO_SID.test(sid);
}

/** The sid of a transcript that Twilio has no part in. */
export function ownSid(callId: string): string {
  return `CT${callId.replaceAll('-', '')}`;
}

/** The call of a sid of ours; null for any other. */
export function callOfOwnSid(sid: string): string | null {
  return OWN_SID.exec(sid)?.[1] ?? null;
}
