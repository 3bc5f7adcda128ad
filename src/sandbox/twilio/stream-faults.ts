import { FRAME_BYTES, SILENCE_BYTE } from '../../media/g711';
import type { FaultBox, FaultSite, Strike } from '../faults';

/**
 * What can go wrong on a live stream, in the order in which it is looked for. `cut_media` and `half_open` come first:
 * nothing else can happen after them.
 */
const STREAM_FAULTS = [
  'cut_media',
  'half_open',
  'slow_reader',
  'flood',
  'oversized',
  'binary',
  'malformed',
  'fragmented',
] as const;
export type StreamFault = (typeof STREAM_FAULTS)[number];

/** How long a slow reader does not read when the fault does not say. */
export const DEFAULT_UNREAD_MS = 5000;
/** A flood: so many media messages, a batch at a time so that everything else on this machine goes on. */
export const FLOOD_MESSAGES = 20_000;
export const FLOOD_BATCH = 500;
/** 200 KiB of base64 in one media message; Twilio's own have 216 characters. */
export const OVERSIZED_PAYLOAD = Buffer.alloc(150 * 1024, SILENCE_BYTE).toString('base64');
export const BINARY_MESSAGE = Buffer.alloc(FRAME_BYTES, SILENCE_BYTE);
export const MALFORMED_MESSAGE = '{"event":"media","sequenceNumber":"1","media":{"payload":';

/** The fault that is due on a stream of this age. `after_ms` of a slow reader is how long it does not read. */
export function takeStreamFault(
  faults: FaultBox,
  site: FaultSite,
  ageMs: number,
): { fault: StreamFault; strike: Strike } | undefined {
  if (faults.isEmpty) return undefined;
  for (const fault of STREAM_FAULTS) {
    const strike =
      fault === 'slow_reader' ? faults.take('twilio', fault, site) : faults.takeDue('twilio', fault, site, ageMs);
    if (strike) return { fault, strike };
  }
  return undefined;
}

/** A message in three parts, as WebSocket fragments carry it. */
export function fragmentsOf(text: string): string[] {
  const third = Math.ceil(text.length / 3);
  return [text.slice(0, third), text.slice(third, 2 * third), text.slice(2 * third)];
}
