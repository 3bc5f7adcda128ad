/**
 * Listens in on a call: for a recording, or for somebody who is to hear it. All times are milliseconds since the answer.
 * Called between two frames, like the events; a payload is base64 µ-law, 8 kHz, of any length.
 */
export interface AudioTap {
  /** What the customer said from `startsAtMs` on. Where nothing is told the carrier sent nothing: silence. */
  customerAudio(payloadBase64: string, startsAtMs: number): void;
  /** What the agent will be heard saying from `startsAtMs` on; it comes as fast as the model makes it. */
  agentAudio(payloadBase64: string, startsAtMs: number): void;
  /** What the agent was to be heard saying from here on is not heard. */
  agentCut(atMs: number): void;
}

/** All of them as one; null for nobody. */
export function joinedTap(taps: readonly AudioTap[]): AudioTap | null {
  if (taps.length < 2) return taps[0] ?? null;
  return {
    customerAudio: (payloadBase64, startsAtMs) => taps.forEach((tap) => tap.customerAudio(payloadBase64, startsAtMs)),
    agentAudio: (payloadBase64, startsAtMs) => taps.forEach((tap) => tap.agentAudio(payloadBase64, startsAtMs)),
    agentCut: (atMs) => taps.forEach((tap) => tap.agentCut(atMs)),
  };
}
