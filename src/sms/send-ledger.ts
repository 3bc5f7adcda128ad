/**
 * What we know of an attempt to send a text. Twilio's create is not idempotent, so an attempt is written down before Twilio is
 * asked, and Twilio is asked once.
 *
 * - intended: the row is committed, nobody has been asked
 * - asked: Twilio is being asked, or was when this process died
 * - placed: Twilio has the text, we know its sid; also of texts that came in
 * - refused: Twilio said no, or we did
 * - absent: certainly not sent
 * - unknown: Twilio was asked and we do not know what became of it
 */
export const SEND_STATES = ['intended', 'asked', 'placed', 'refused', 'absent', 'unknown'] as const;

export type SendState = (typeof SEND_STATES)[number];

const MOVES: Record<SendState, readonly SendState[]> = {
  intended: ['asked', 'refused'],
  // Back where it was certainly not sent and is to be sent later.
  asked: ['placed', 'refused', 'absent', 'unknown', 'intended'],
  // Back where Twilio certainly has no such text, and it is one that is to be sent whatever happens.
  unknown: ['placed', 'absent', 'intended'],
  placed: [],
  refused: [],
  // A callback that names the attempt outweighs a list that did not show the text.
  absent: ['placed'],
};

export function canMove(from: SendState, to: SendState): boolean {
  return MOVES[from].includes(to);
}
