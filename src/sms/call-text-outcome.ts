import { createHash } from 'node:crypto';
import type { ActionState } from '../calls/call-action.entity';
import type { SendState } from './send-ledger';

/** The model's name of the tool. */
export const SEND_TEXT = 'send_text';

const MOST_SHOWN = 160;

/** What came of a text of an agent's, in a sentence without its full stop. @param why it was not sent */
export function outcomeOf(state: ActionState, body: string, why?: string): string {
  const shown = body.length > MOST_SHOWN ? `${body.slice(0, MOST_SHOWN)}…` : body;
  switch (state) {
    case 'done':
      return `Texted “${shown}”`;
    case 'refused':
      return `Not texted: “${shown}”${why === undefined ? '' : `; ${why.replace(/\.$/, '')}`}`;
    case 'asked':
    case 'unknown':
      return `Perhaps texted: “${shown}”; the carrier has not answered`;
  }
}

/** What the ledger of texts makes of the journal of a call; null: nothing new. */
export function actionStateOf(sendState: SendState): 'done' | 'refused' | 'unknown' | null {
  switch (sendState) {
    case 'placed':
      return 'done';
    case 'refused':
    case 'absent':
      return 'refused';
    case 'unknown':
      return 'unknown';
    case 'intended':
    case 'asked':
      return null;
  }
}

/** The id of a text, by what is said on which call: whoever sends it a second time finds it there. */
export function textIdOf(callId: string, fingerprint: string, generation: number): string {
  const hex = createHash('sha256').update(`${callId} ${fingerprint} ${generation}`).digest('hex');
  // A UUID of version 8, whose bits are one's own (RFC 9562).
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
