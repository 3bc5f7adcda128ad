import fc from 'fast-check';
import { InvalidPhoneNumber } from './calls.errors';
import {
  ANONYMOUS,
  callerNumber,
  destinationRefusal,
  maskNumber,
  parsePhoneNumber,
  parseSubscriber,
} from './phone-number';

const RULES = { means: 'call' as const, allowedCountries: ['US', 'CA'], ownNumber: '+12025550000' };

const refusalOf = (text: string, region = 'US', rules = RULES) =>
  destinationRefusal(parsePhoneNumber(text, region), rules);

describe('reading a phone number', () => {
  it.each([
    '+12025550100',
    '12025550100',
    '2025550100',
    '(202) 555-0100',
    '+1 (202) 555-0100',
    '1-202-555-0100',
    '202.555.0100',
    '  +1 202 555 0100 ',
    '011 1 202 555 0100',
    '+1\u00a0202\u00a0555\u20110100',
  ])('understands %p', (text) => {
    expect(parseSubscriber(text, 'US')).toBe('+12025550100');
  });

  it('reads a number without a country in the default region', () => {
    expect(parseSubscriber('020 7183 8750', 'GB')).toBe('+442071838750');
    expect(parseSubscriber('0049 30 901820', 'GB')).toBe('+4930901820');
  });

  it('takes a missing plus in a path, where the number is none of the own region', () => {
    expect(parsePhoneNumber('442071838750', 'US', { inPath: true })).toMatchObject({ e164: '+442071838750' });
    expect(parsePhoneNumber('12025550100', 'US', { inPath: true })).toMatchObject({ e164: '+12025550100' });
    expect(() => parsePhoneNumber('442071838750', 'US')).toThrow(InvalidPhoneNumber);
  });

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['only punctuation', '+()-'],
    ['a tel: address', 'tel:+12025550100'],
    ['a context', '2025550100;phone-context=+1'],
    ['an extension parameter', '+12025550100;ext=5'],
    ['an extension', '+12025550100 x123'],
    ['a written extension', '+12025550100 ext. 123'],
    ['letters', '1-800-FLOWERS'],
    ['a sip address', 'sip:bob@example.com'],
    ['a client', 'client:bob'],
    ['digits of another script', '+１２０２５５５０１００'],
    ['arabic digits', '+١٢٠٢٥٥٥٠١٠٠'],
    ['a full-width plus', '＋12025550100'],
    ['two pluses', '++12025550100'],
    ['a plus inside', '1+2025550100'],
    ['a plus in parentheses', '(+1) 2025550100'],
    ['a line break', '+1202555\n0100'],
    ['a tab', '+1202\t5550100'],
    ['a star code', '*67 2025550100'],
    ['a hash', '2025550100#'],
    ['a comma pause', '2025550100,,5'],
    ['NUL', '+12025550100\0'],
    ['too few digits', '+1202555010'],
    ['too many digits', '+120255501000000'],
    ['an area code that is none', '+10005550100'],
    ['endless digits', '2'.repeat(500)],
    ['two digits', '12'],
  ])('refuses %s', (_, text) => {
    expect(() => parsePhoneNumber(text, 'US')).toThrow(InvalidPhoneNumber);
  });

  it('never throws anything else, and what it accepts is E.164', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'+0123456789 .-()x;') }),
      fc.stringMatching(/^\+?\d{1,16}$/),
    );
    fc.assert(
      fc.property(anyText, fc.constantFrom('US', 'GB', 'DE', 'ZZ'), fc.boolean(), (text, region, inPath) => {
        try {
          const number = parsePhoneNumber(text, region, { inPath });
          if (number.kind === 'subscriber') {
            expect(number.e164).toMatch(/^\+[1-9]\d{6,14}$/);
            expect(parseSubscriber(number.e164, region)).toBe(number.e164);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPhoneNumber);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads the same number however it is punctuated', () => {
    const separator = fc.constantFrom('', ' ', '-', '.', ') ', ' (');
    fc.assert(
      fc.property(fc.array(separator, { minLength: 10, maxLength: 10 }), (separators) => {
        const text = `+1${[...'2025550100'].map((digit, at) => `${separators[at] ?? ''}${digit}`).join('')}`;
        if (text.length <= 40) expect(parseSubscriber(text, 'US')).toBe('+12025550100');
      }),
    );
  });
});

describe('where we do not dial', () => {
  it.each([
    '911',
    '1911',
    '+911',
    '+1911',
    '+1 911',
    '+1 (911)',
    '9911',
    '112',
    '+112',
    '+1 112',
    '00112',
    '999',
    '+44999',
    '+44 112',
    '000',
  ])('refuses the emergency form %p', (text) => {
    expect(refusalOf(text)).toBe('Emergency numbers are never called.');
  });

  it.each(['411', '611', '12345', '+1411', '+1 611', '72345'])('refuses the short number %p', (text) => {
    expect(refusalOf(text)).toBe('Short numbers are never called.');
  });

  it.each(['+870773123456', '+881612345678', '+88213123456', '+8835100123456', '011 881 6 1234 5678'])(
    'refuses the satellite number %p',
    (text) => {
      expect(refusalOf(text)).toBe('Satellite numbers are never called.');
    },
  );

  it.each(['+19005551234', '900 555 1234', '+12129761234', '+979123456789'])(
    'refuses the premium number %p',
    (text) => {
      expect(refusalOf(text)).toBe('Premium-rate numbers are never called.');
    },
  );

  it.each([
    ['Jamaica', '+18765551234'],
    ['the Bahamas', '+12423651234'],
    ['the Dominican Republic', '+18092345678'],
    ['Puerto Rico', '+17872345678'],
    ['Guam', '+16714771234'],
    ['the United Kingdom', '+442071838750'],
  ])('refuses %s, which is not among the allowed countries', (_, text) => {
    expect(refusalOf(text)).toBe('Calls to this country are not allowed. Allowed: US, CA.');
  });

  it('refuses its own number', () => {
    expect(refusalOf('(202) 555-0000')).toBe('This is the number that the calls come from.');
  });

  it('allows Canada, toll-free numbers and every number of the sandbox', () => {
    expect(refusalOf('+14165551234')).toBeNull();
    expect(refusalOf('+18005551212')).toBeNull();
    for (let last = 0; last <= 99; last += 1) {
      expect(refusalOf(`+1202555${String(100 + last).padStart(4, '0')}`)).toBeNull();
    }
  });

  it('allows a country that is on the list', () => {
    expect(refusalOf('+442071838750', 'US', { ...RULES, allowedCountries: ['GB'] })).toBeNull();
    expect(refusalOf('+12025550100', 'US', { ...RULES, allowedCountries: ['GB'] })).toContain('not allowed');
  });
});

describe('masking', () => {
  it('shows the end of a number and nothing of its middle', () => {
    expect(maskNumber('+12025550123')).toBe('+1******0123');
    expect(maskNumber('+4930901820')).toBe('+4*****1820');
  });
});

describe('the number of a caller', () => {
  it.each([
    ['+12025550142', '+12025550142'],
    ['+266696687', ANONYMOUS],
    ['+7378742833', ANONYMOUS],
    ['anonymous', ANONYMOUS],
    ['Restricted', ANONYMOUS],
    ['client:somebody', ANONYMOUS],
    ['sip:somebody@example.com', ANONYMOUS],
    ['', ANONYMOUS],
  ])('told as %j is %s', (told, number) => {
    expect(callerNumber(told)).toBe(number);
  });
});

it('says the same of texts in the words of texts', () => {
  const toText = (text: string) => destinationRefusal(parsePhoneNumber(text, 'US'), { ...RULES, means: 'text' });
  expect(toText('911')).toBe('Emergency numbers are never texted.');
  expect(toText('+1 900 555 0100')).toBe('Premium-rate numbers are never texted.');
  expect(toText('+442071838750')).toBe('Texts to this country are not allowed. Allowed: US, CA.');
  expect(toText('(202) 555-0000')).toBe('This is the number that the texts come from.');
});
