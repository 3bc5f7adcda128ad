/** What Twilio does for long codes by itself (help article "Twilio support for opt-out keywords"). */
const STOP = new Set(['stop', 'stopall', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout']);
const START = new Set(['start', 'yes', 'unstop']);
const HELP = new Set(['help', 'info']);

const STOPPED =
  'You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.';
const STARTED =
  'You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.';
const HELPED = 'Reply STOP to unsubscribe. Msg&Data Rates May Apply.';

/** Who has told which number to stop. */
export class OptOuts {
  private readonly pairs = new Set<string>();

  has(own: string, person: string): boolean {
    return this.pairs.has(`${own} ${person}`);
  }

  /** Takes note of what came in; answers what Twilio itself replies, or null. Only a word that stands alone counts. */
  note(own: string, person: string, body: string): string | null {
    const word = body.trim().toLowerCase();
    const pair = `${own} ${person}`;
    if (STOP.has(word)) {
      const isNew = !this.pairs.has(pair);
      this.pairs.add(pair);
      return isNew ? STOPPED : null;
    }
    if (START.has(word)) return this.pairs.delete(pair) ? STARTED : null;
    return HELP.has(word) && !this.pairs.has(pair) ? HELPED : null;
  }
}
