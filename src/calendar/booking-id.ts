import { createHash } from 'node:crypto';
import type { Slot } from './free-slots';

/** Hexadecimal is a part of what Google takes as an id (a-v, 0-9). */
const ID_LENGTH = 40;

/**
 * The id of the event that a call books at a time: the same for the same, so that booking it again finds it. One that was
 * cancelled or moved away stays taken; the next of its time is of the next generation.
 */
export function bookingId(callId: string, { start }: Slot, generation: number): string {
  return createHash('sha256')
    .update(`book_event ${callId} ${start.toISOString()} ${generation}`)
    .digest('hex')
    .slice(0, ID_LENGTH);
}
