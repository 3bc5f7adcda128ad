import { CountryCode, isSupportedCountry, NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { InvalidPhoneNumber } from './calls.errors';

/** A number that somebody wrote, understood. */
export type PhoneNumber =
  | { kind: 'subscriber'; e164: string; country: CountryCode | undefined; callingCode: string; type: NumberType }
  /** Something that a telephone can dial and that we never do. */
  | { kind: 'special'; digits: string; what: 'emergency' | 'short' | 'satellite' };

/** Longer than any number with all its punctuation. */
const MAX_LENGTH = 40;

/**
 * The characters are checked before any library looks: a parser that understands `tel:` addresses, extensions, letters or
 * the digits of other scripts would dial something else than a person reads.
 */
const WRITTEN_NUMBER = /^\+?[0-9 .()-]+$/;
/** What web pages and word processors put between the digits: spaces that do not break, dashes that are no hyphens. */
const PASTED_SPACES = /[\u00a0\u2007\u2009\u202f]/g;
const PASTED_DASHES = /[\u2010-\u2013\u2212]/g;

/** Emergency numbers around the world, as one dials them there. */
const EMERGENCY = new Set(
  '000 100 101 102 103 104 106 108 110 111 112 113 114 115 116 117 118 119 120 122 123 131 144 150 155 156 158 190 191 192 193 194 195 197 198 199 911 933 988 995 997 998 999'.split(
    ' ',
  ),
);

/** Satellite and other networks without a country (ITU-T E.164, list of assigned codes): 881 to 883, 870, 878. */
const SATELLITE_CODES = new Set(['870', '878', '881', '882', '883']);

const PREMIUM_TYPES: readonly NumberType[] = ['PREMIUM_RATE', 'SHARED_COST'];
/** International premium rate and shared cost services, which belong to no country. */
const PREMIUM_CODES = new Set(['979', '808']);
/** North American numbers with the exchange 976 are charged like 900 numbers, in every area code. */
const NANP_PREMIUM_EXCHANGE = /^\+1\d{3}976\d{4}$/;

const MIN_SHORT_DIGITS = 3;
const MAX_SHORT_DIGITS = 6;
/** What may stand behind a country's calling code and still be no subscriber. */
const MAX_SHORT_NATIONAL_DIGITS = 4;
const MIN_DIGITS_WITH_CALLING_CODE = 11;

/**
 * Understands a number as a person writes it.
 * @param options.inPath the plus may have been left out, as people do in addresses
 * @throws InvalidPhoneNumber
 */
export function parsePhoneNumber(text: string, region: string, options: { inPath?: boolean } = {}): PhoneNumber {
  const written = text
    .replace(PASTED_SPACES, ' ')
    .replace(PASTED_DASHES, '-')
    .replace(/^ +| +$/g, '');
  if (written.length > MAX_LENGTH || !WRITTEN_NUMBER.test(written)) throw new InvalidPhoneNumber();
  const digits = written.replace(/[^0-9]/g, '');
  const hasPlus = written.startsWith('+');
  if (isEmergency(digits)) return { kind: 'special', digits, what: 'emergency' };
  if (digits.length < MIN_SHORT_DIGITS) throw new InvalidPhoneNumber();
  if (!hasPlus && digits.length <= MAX_SHORT_DIGITS) return { kind: 'special', digits, what: 'short' };

  const asWritten = understand(hasPlus ? `+${digits}` : digits, region);
  if (asWritten !== null) return asWritten;
  if (options.inPath === true && !hasPlus && digits.length >= MIN_DIGITS_WITH_CALLING_CODE) {
    const withPlus = understand(`+${digits}`, region);
    if (withPlus !== null) return withPlus;
  }
  throw new InvalidPhoneNumber();
}

/** As parsePhoneNumber, for a number that must be somebody's. @throws InvalidPhoneNumber for special numbers too */
export function parseSubscriber(text: string, region: string): string {
  const number = parsePhoneNumber(text, region);
  if (number.kind === 'special') throw new InvalidPhoneNumber();
  return number.e164;
}

/** What is to be done with a number. */
export type Means = 'call' | 'text';

/** Where we dial or text at all, and from what. */
export interface DestinationRules {
  means: Means;
  allowedCountries: readonly string[];
  /** The number that it comes from, which would ring itself. */
  ownNumber: string;
}

/** Why this number is never dialled or texted, as a sentence; null when it may be. */
export function destinationRefusal(number: PhoneNumber, rules: DestinationRules): string | null {
  const { never, plural } = WORDS[rules.means];
  if (number.kind === 'special') {
    switch (number.what) {
      case 'emergency':
        return `Emergency numbers are never ${never}.`;
      case 'short':
        return `Short numbers are never ${never}.`;
      case 'satellite':
        return `Satellite numbers are never ${never}.`;
    }
  }
  if (number.e164 === rules.ownNumber) return `This is the number that the ${plural} come from.`;
  if (isPremium(number)) return premiumSentence(rules.means);
  if (number.country === undefined || !rules.allowedCountries.includes(number.country)) {
    return `${capitalized(plural)} to this country are not allowed. Allowed: ${rules.allowedCountries.join(', ')}.`;
  }
  return null;
}

const WORDS: Record<Means, { never: string; plural: string }> = {
  call: { never: 'called', plural: 'calls' },
  text: { never: 'texted', plural: 'texts' },
};

export const PREMIUM_SENTENCE = premiumSentence('call');

/** Enough to recognise a number that one knows, not enough to learn it: +1******0100. */
export function maskNumber(e164: string): string {
  const shown = 4;
  return `${e164.slice(0, 2)}${'*'.repeat(Math.max(e164.length - 2 - shown, 0))}${e164.slice(-shown)}`;
}

function premiumSentence(means: Means): string {
  return `Premium-rate numbers are never ${WORDS[means].never}.`;
}

function isPremium({ type, callingCode, e164 }: Extract<PhoneNumber, { kind: 'subscriber' }>): boolean {
  return PREMIUM_TYPES.includes(type) || PREMIUM_CODES.has(callingCode) || NANP_PREMIUM_EXCHANGE.test(e164);
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function understand(number: string, region: string): PhoneNumber | null {
  const defaultCountry = isSupportedCountry(region) ? region : undefined;
  const parsed = parsePhoneNumberFromString(number, defaultCountry);
  if (parsed === undefined) return null;
  const { countryCallingCode: callingCode, nationalNumber } = parsed;
  const digits = `${callingCode}${nationalNumber}`;
  if (SATELLITE_CODES.has(callingCode)) return { kind: 'special', digits, what: 'satellite' };
  if (EMERGENCY.has(nationalNumber)) return { kind: 'special', digits, what: 'emergency' };
  if (nationalNumber.length <= MAX_SHORT_NATIONAL_DIGITS) return { kind: 'special', digits, what: 'short' };
  if (!parsed.isValid()) return null;
  return { kind: 'subscriber', e164: parsed.number, country: parsed.country, callingCode, type: parsed.getType() };
}

/** With the trunk prefixes that people put before a number: 1, 0, 00, 011 and a 9 for an outside line. */
function isEmergency(digits: string): boolean {
  return EMERGENCY.has(digits) || EMERGENCY.has(digits.replace(/^(?:0{1,2}|011|1|9)/, ''));
}

/** Of a caller who does not show theirs. */
export const ANONYMOUS = 'anonymous';

/**
 * What the carrier writes for one: words spelled on a keypad (anonymous, restricted, blocked, unknown, unavailable), which look
 * like numbers and are none.
 */
const SPELLED = new Set(['+266696687', '+7378742833', '+2562533', '+8566696', '+86282452253']);

/** The number of a caller as the carrier tells it: E.164, or {@link ANONYMOUS}. */
export function callerNumber(told: string): string {
  return /^\+\d{3,15}$/.test(told) && !SPELLED.has(told) ? told : ANONYMOUS;
}
