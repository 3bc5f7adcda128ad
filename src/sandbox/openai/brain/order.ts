import { listed, spokenNumber } from './wording';

export interface OrderLine {
  name: string;
  quantity: number;
  notes: string;
}

export interface Order {
  lines: OrderLine[];
  customerName: string;
  address: string;
}

const COUNTS: Record<string, number> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  another: 1,
  'a couple of': 2,
  'half a dozen': 6,
  'a dozen': 12,
};
const COUNT =
  '(?:half a dozen|a dozen|a couple of|another|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\\d{1,2})';
const BREAK = `(?:${COUNT}|and|with|without|please|for|to|but|then|plus)\\b`;
const WORD = `(?!${BREAK})[a-z'’-]+`;
const LINE = new RegExp(
  `\\b(${COUNT})\\s+(${WORD}(?:\\s+${WORD}){0,3})(?:\\s+((?:with|without)\\s+[a-z ]{1,60}?))?(?=\\s*(?:[,.;!?]|$|\\b${BREAK}))`,
  'gi',
);
/** Things that are counted and not ordered. */
const NOT_GOODS =
  /\b(?:questions?|moments?|minutes?|seconds?|hours?|days?|weeks?|months?|years?|times?|people|persons?|guests?|dollars?|euros?|cents?|percent|o'?clock|am|pm|tables?|bit|lot|while|problems?|calls?|idea|name|address|street|avenue|road|order|thing|things|delivery|pick-?up|afternoon|morning|evening|four|five|reason|person|friend)\b/i;
const ADDRESS =
  /\b(?:deliver(?:ed|y)?(?: (?:it|them|that|this))? (?:to|at)|(?:my|the|our) (?:delivery )?address is|send (?:it|them) to|bring (?:it|them) to|(?:we|I) live (?:at|in)|it goes to)\s+([^.?!;]+)/i;
const CUSTOMER =
  /\b(?:[Mm]y name is|[Mm]y name's|[Tt]he name is|[Uu]nder the name(?: of)?|name of|[Tt]his is|I am|I'm)\s+([A-Z][\p{L}'’-]+(?:\s+[A-Z][\p{L}'’-]+){0,2})/u;
const NOT_A_NAME = /^(?:Yes|No|Hello|Hi|Not|Still|Here|Just|Fine|Good|Okay|Ok|Sorry|Hungry|Calling|Interested)\b/;
const REMOVES = /\b(?:cancel|remove|drop|leave out|without|no more|instead of|not)\s+(?:the|any)?\s*$/i;

/** What has been ordered in these utterances of the person: a later quantity of the same thing replaces the earlier. */
export function orderIn(utterances: string[]): Order {
  const order: Order = { lines: [], customerName: '', address: '' };
  for (const utterance of utterances) {
    order.address =
      ADDRESS.exec(utterance)?.[1]
        ?.trim()
        .replace(/,? please$/i, '') ?? order.address;
    order.customerName = nameIn(utterance) || order.customerName;
    for (const line of linesIn(utterance)) {
      const known = order.lines.find((other) => other.name === line.name);
      if (known) Object.assign(known, line);
      else order.lines.push(line);
    }
  }
  return { ...order, lines: order.lines.filter((line) => line.quantity > 0) };
}

export function linesIn(utterance: string): OrderLine[] {
  const text = utterance.replace(ADDRESS, ' ').replace(/\b(?:thank you|thanks)\b/gi, ' ');
  const lines: OrderLine[] = [];
  for (const match of text.matchAll(LINE)) {
    const [, count = '', goods = '', notes = ''] = match;
    if (NOT_GOODS.test(goods) || /^(?:of|more|is|was|would|it|that|moment)\b/i.test(goods)) continue;
    const quantity = COUNTS[count.toLowerCase()] ?? Number(count);
    const isCancelled = REMOVES.test(text.slice(0, match.index));
    lines.push({ name: singular(goods.trim(), quantity), quantity: isCancelled ? 0 : quantity, notes: notes.trim() });
  }
  return lines;
}

export function nameIn(utterance: string): string {
  const name = CUSTOMER.exec(utterance)?.[1] ?? '';
  return NOT_A_NAME.test(name) ? '' : name;
}

export function isOrderEmpty(order: Order): boolean {
  return order.lines.length === 0;
}

/** `two margherita pizzas and one cola` */
export function spokenOrder(order: Order): string {
  return listed(
    order.lines.map(({ name, quantity, notes }) =>
      [spokenNumber(quantity), quantity > 1 ? pluralOf(name) : name, notes].filter(Boolean).join(' '),
    ),
  );
}

function singular(goods: string, quantity: number): string {
  const name = goods.toLowerCase().replace(/\s+/g, ' ');
  if (quantity === 1 || !/[a-z]s$/.test(name) || /(?:ss|us|fries|chips|nachos|noodles)$/.test(name)) return name;
  return /(?:ch|sh|x|ss)es$/.test(name) ? name.slice(0, -2) : name.slice(0, -1);
}

function pluralOf(name: string): string {
  if (/s$/.test(name)) return name;
  return /(?:ch|sh|x)$/.test(name) ? `${name}es` : `${name}s`;
}
