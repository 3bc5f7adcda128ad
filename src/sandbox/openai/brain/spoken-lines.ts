import type { BrainTurn } from './brain.port';

/** What one side of a conversation said in one go. */
export interface SpokenLine {
  isCustomer: boolean;
  /** Without the mark of who speaks, and without the words with which people greet and part. */
  text: string;
}

/** `customer: …`, `[00:12] Agent: …` */
const MARK = /^\s*(?:\[[^\]]*\]\s*)?(\p{L}+)\s*:\s*/u;
const CUSTOMERS = new Set(
  'customer caller callee client user person guest patient kunde kundin anrufer anruferin cliente'.split(' '),
);
const OTHERS = new Set(
  'agent operator assistant bot ai representative advisor employee mitarbeiter mitarbeiterin agente operador conseiller'.split(
    ' ',
  ),
);

const COURTESIES = new RegExp(
  [
    'good ?(?:morning|afternoon|evening|day|night|bye)',
    'have an? (?:very )?(?:nice|good|great|lovely) \\p{L}+',
    'nice to (?:meet|speak|talk)(?: (?:to|with))? you',
    'thank you(?: (?:so|very) much)?|thanks(?: a lot)?|many thanks',
    'gut(?:en|e) (?:morgen|tag|abend|nacht)|auf wieder(?:hören|sehen)|schön(?:en|es) (?:tag|abend|wochenende)(?: noch)?',
    '(?:vielen|herzlichen|besten) dank|danke(?: sch[öo]n)?',
    'bonjour|bonsoir|bonne (?:journée|soirée|nuit)|au revoir|merci(?: beaucoup)?',
    "s['’]il vous pla[iî]t",
    'buen(?:os|as) (?:días|dias|tardes|noches)|hasta (?:luego|pronto)|(?:muchas )?gracias|por favor',
  ]
    .map((phrases) => `(?<!\\p{L})(?:${phrases})(?!\\p{L})`)
    .join('|'),
  'giu',
);

/**
 * Who said what. Where lines are marked with a role, only those count, and what comes before the first of them is
 * nobody's; otherwise the turns of a user are the customer's.
 */
export function spokenLines(turns: readonly BrainTurn[]): SpokenLine[] {
  const texts = turns.flatMap((turn) => ('text' in turn ? [turn] : []));
  const marked = texts.flatMap(({ text }) => markedLines(text));
  const lines = marked.length > 0 ? marked : texts.map(({ role, text }) => ({ isCustomer: role === 'user', text }));
  return lines.map(({ isCustomer, text }) => ({ isCustomer, text: text.replace(COURTESIES, ',') }));
}

function markedLines(text: string): SpokenLine[] {
  const lines: SpokenLine[] = [];
  for (const line of text.split('\n')) {
    const [mark = '', name = ''] = MARK.exec(line) ?? [];
    const role = name.toLowerCase();
    const last = lines[lines.length - 1];
    if (CUSTOMERS.has(role) || OTHERS.has(role)) {
      lines.push({ isCustomer: CUSTOMERS.has(role), text: line.slice(mark.length) });
    } else if (last) last.text += `\n${line}`;
  }
  return lines;
}
