/** What an event asks for, in words that its owner wrote into its title or description. */
export interface EventCallMark {
  whom: { kind: 'owner' } | { kind: 'number'; written: string } | { kind: 'guest' };
  /** Null: as the settings say. */
  minutesBefore: number | null;
  scenario: string | null;
}

/** Twice what Google takes as a description. */
const MOST_CHARACTERS = 16_384;
/** Of a mark, with everything in it. */
const MARK_LENGTH = 160;
const MOST_NUMBERS = 20;
/** More is not looked at: nobody writes so many. */
const MOST_BEGINNINGS = 200;

const HALF_AN_HOUR = 30;
const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60, w: 7 * 24 * 60 };
const COUNT_WORDS: Readonly<Record<string, number>> = {
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
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  forty: 40,
  'forty-five': 45,
  sixty: 60,
  ninety: 90,
};

const UNIT = '(?:minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?![a-z])';
const COUNT_WORD = Object.keys(COUNT_WORDS).join('|');
const PART = `(?:half an hour|(?:\\d{1,5}[ -]?|(?:${COUNT_WORD})[ -])${UNIT})`;
/** Such as 10 minutes, 1 hour and 30 minutes, 1h30m, half an hour. */
const DURATION = `${PART}(?: ?(?:and )?${PART})?`;
const BEFORE = '(?:before|beforehand|ahead|earlier|prior|in advance)\\b';
/** As short as what follows allows, because that may begin with digits as well. */
const NUMBER = '[+(]?\\d[\\d .()-]{4,24}?';

const CALL = '(?:call|phone|ring)';
const ME = new RegExp(`^${CALL} me (${DURATION}) ${BEFORE}`);
const SOMEBODY = new RegExp(`^${CALL} (?:at )?(${NUMBER}) (${DURATION}) ${BEFORE}`);
const THE_GUEST = '(?:the |my |our )?(?:guest|customer|client|patient)(?: (?:by phone|by a call))?';
/** Without a time only where it can be nothing else: “call client” is what people write down for themselves. */
const GUEST = new RegExp(
  `^(?:(?:remind|${CALL}) ${THE_GUEST} (${DURATION}) ${BEFORE}|remind ${THE_GUEST} ?(?=[.,;:!\\n)\\]]|$))`,
);
/** What stands before a mark that is none. */
const NEGATION = /(?:\b(?:not|never|without)|n[’']t) (?:to )?$/;
const EACH_PART = new RegExp(`half an hour|(?:(\\d{1,5})[ -]?|(${COUNT_WORD})[ -])(${UNIT})`, 'g');

const WHOLE_DURATION = new RegExp(`^${DURATION}$`);
const WHOLE_COUNT = new RegExp(`^(?:\\d{1,5}|${COUNT_WORD})$`);
const WHOLE_UNIT = new RegExp(`^${UNIT}$`);
const PIECE_OF_NUMBER = /^[+(]?[\d.()-]+$/;
const SCENARIO = /^[a-z][a-z0-9_]{2,99}$/;

const BEGINNING = /\[call\b|\b(?:call|phone|ring|remind) /g;

/** The first mark, the title before the description; null where there is none. Never throws, and takes time in proportion. */
export function readEventCallMark(summary: string, description: string | undefined): EventCallMark | null {
  return markIn(summary) ?? markIn(description ?? '');
}

/** What a paragraph is about that leads into a conference, and that of its numbers. */
const CONFERENCE =
  /\b(?:join|dial|dial-in|conference|passcode|pin|meeting id|one tap|local numbers?|zoom|teams|webex|meet)\b/i;
/** All of them, with what people put between. */
const DIGITS = String.raw`\d[\d .()-]{5,22}\d(?![ .()-]{0,3}\d)`;
/**
 * A number is one by its form (+49 30 901820, (202) 555-0123, 202-555-0123) or by the word before it, because dates, times and
 * order numbers are digits as well. What is followed by a code to be keyed in leads into a conference.
 */
const WRITTEN_NUMBER = new RegExp(
  [
    String.raw`(?<![\w.+-])(?:(\+${DIGITS}|\(\d{3}\) ?\d{3}[-. ]\d{4}(?!\d)|\d{3}([-. ])\d{3}\2\d{4}(?![\d-]))`,
    String.raw`|\b(?:phone|telephone|tel|mobile|cell|cellphone|handy|guest)\b[^\w+(\n]{0,3}([+(]?${DIGITS}))(?! ?(?:,,|#))`,
  ].join(''),
  'gi',
);
const ISO_DATE = /^\d{4}-\d\d-\d\d/;

/**
 * Numbers that may be a guest's, as they are written, in their order. What leads into a conference is none.
 * @param texts description, location
 */
export function guestNumbersIn(texts: readonly (string | undefined)[]): string[] {
  const numbers: string[] = [];
  for (const text of texts) {
    for (const paragraph of plainText(text ?? '').split(/\n{2,}/)) {
      if (CONFERENCE.test(paragraph)) continue;
      for (const [, byForm, , byWord] of paragraph.matchAll(WRITTEN_NUMBER)) {
        const number = byForm ?? byWord ?? '';
        if (ISO_DATE.test(number)) continue;
        numbers.push(number);
        if (numbers.length === MOST_NUMBERS) return numbers;
      }
    }
  }
  return numbers;
}

function markIn(text: string): EventCallMark | null {
  const plain = plainText(text).toLowerCase();
  let beginnings = 0;
  for (const { index } of plain.matchAll(BEGINNING)) {
    if (NEGATION.test(plain.slice(Math.max(0, index - 12), index))) continue;
    const mark = markAt(plain.slice(index, index + MARK_LENGTH));
    if (mark !== null) return mark;
    beginnings += 1;
    if (beginnings === MOST_BEGINNINGS) break;
  }
  return null;
}

function markAt(text: string): EventCallMark | null {
  if (text.startsWith('[')) return bracketedMark(text);
  const [, ofMe] = ME.exec(text) ?? [];
  if (ofMe !== undefined) return { whom: { kind: 'owner' }, minutesBefore: minutesOf(ofMe), scenario: null };
  const [, written, ofNumber] = SOMEBODY.exec(text) ?? [];
  if (written !== undefined && ofNumber !== undefined) {
    return { whom: { kind: 'number', written }, minutesBefore: minutesOf(ofNumber), scenario: null };
  }
  const guest = GUEST.exec(text);
  if (guest === null) return null;
  const [, ofGuest] = guest;
  return {
    whom: { kind: 'guest' },
    minutesBefore: ofGuest === undefined ? null : minutesOf(ofGuest),
    scenario: null,
  };
}

/** Such as [call +12025550100 15m survey], in any order; null where it says something else, as titles like “[Call] Team” do. */
function bracketedMark(text: string): EventCallMark | null {
  const end = text.indexOf(']');
  if (end < 0) return null;
  const words = text
    .slice('[call'.length, end)
    .split(/[ \n,]+/)
    .filter((word) => !['', 'the', 'before', 'at'].includes(word));
  let whom: EventCallMark['whom'] | null = null;
  let minutesBefore: number | null = null;
  let scenario: string | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const isCounted = WHOLE_COUNT.test(word) && WHOLE_UNIT.test(words[at + 1] ?? '');
    if (isCounted || WHOLE_DURATION.test(word)) {
      minutesBefore = (minutesBefore ?? 0) + minutesOf(isCounted ? `${word} ${words[at + 1] ?? ''}` : word);
      if (isCounted) at += 1;
    } else if (whom === null && (word === 'me' || word === 'guest')) {
      whom = { kind: word === 'me' ? 'owner' : 'guest' };
    } else if (whom === null && PIECE_OF_NUMBER.test(word)) {
      let written = word;
      for (; PIECE_OF_NUMBER.test(words[at + 1] ?? ''); at += 1) {
        if (WHOLE_UNIT.test(words[at + 2] ?? '')) break;
        written += ` ${words[at + 1] ?? ''}`;
      }
      whom = { kind: 'number', written };
    } else if (scenario === null && SCENARIO.test(word)) {
      scenario = word;
    } else {
      return null;
    }
  }
  if (whom === null && minutesBefore === null) return null;
  return { whom: whom ?? { kind: 'owner' }, minutesBefore, scenario };
}

function minutesOf(duration: string): number {
  let minutes = 0;
  for (const [, digits, word, unit] of duration.matchAll(EACH_PART)) {
    if (unit === undefined) minutes += HALF_AN_HOUR;
    else
      minutes +=
        (digits === undefined ? (COUNT_WORDS[word ?? ''] ?? 0) : Number(digits)) * (MINUTES[unit.charAt(0)] ?? 1);
  }
  return minutes;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  '#39': "'",
  '#43': '+',
  plus: '+',
};
const BREAKS = /^\/?(?:br|p|div|li|ul|ol|tr|h[1-6])\b/i;

/** What a person reads of a text that may be HTML, with the line ends that they see. One pass. */
export function plainText(html: string): string {
  let text = '';
  const given = html.slice(0, MOST_CHARACTERS);
  for (let at = 0; at < given.length;) {
    const character = given.charAt(at);
    const end = character === '<' ? given.indexOf('>', at) : -1;
    if (character === '<' && end < 0) {
      // None of the rest is a tag.
      text += given.slice(at);
      break;
    }
    if (character === '<' && /[a-z/!]/i.test(given.charAt(at + 1))) {
      text += BREAKS.test(given.slice(at + 1, at + 8)) ? '\n' : '';
      at = end + 1;
    } else {
      text += character;
      at += 1;
    }
  }
  return text
    .replace(/&([a-z]{2,6}|#\d{2});/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n');
}
