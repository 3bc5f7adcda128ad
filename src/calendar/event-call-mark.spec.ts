import * as fc from 'fast-check';
import { EventCallMark, guestNumbersIn, plainText, readEventCallMark } from './event-call-mark';

const ME = { kind: 'owner' } as const;
const GUEST = { kind: 'guest' } as const;
const number = (written: string) => ({ kind: 'number', written }) as const;
const mark = (
  whom: EventCallMark['whom'],
  minutesBefore: number | null,
  scenario: string | null = null,
): EventCallMark => ({ whom, minutesBefore, scenario });

describe('a mark', () => {
  it.each<[string, EventCallMark]>([
    ['call me 10 minutes before', mark(ME, 10)],
    ['Call me 1 hour before.', mark(ME, 60)],
    ['Please CALL ME  30 mins before it starts', mark(ME, 30)],
    ['call me an hour before', mark(ME, 60)],
    ['call me half an hour before', mark(ME, 30)],
    ['call me one hour and 30 minutes beforehand', mark(ME, 90)],
    ['phone me 2h in advance', mark(ME, 120)],
    ['ring me 1h30m before', mark(ME, 90)],
    ['call me 1 day before', mark(ME, 1440)],
    ['call me 0 minutes before', mark(ME, 0)],
    ['call +1 202 555 0100 30 minutes before', mark(number('+1 202 555 0100'), 30)],
    ['call (202) 555-0100 1 hour before', mark(number('(202) 555-0100'), 60)],
    ['call at 202.555.0100 1 hour 15 minutes before', mark(number('202.555.0100'), 75)],
    ['remind the guest 1 day before', mark(GUEST, 1440)],
    ['remind the guest', mark(GUEST, null)],
    ['Remind the guest.\nBring cake', mark(GUEST, null)],
    ['remind my client by phone 2 hours before', mark(GUEST, 120)],
    ['call the patient 1 week before', mark(GUEST, 10_080)],
    ['[call +12025550100 15m survey]', mark(number('+12025550100'), 15, 'survey')],
    [
      '[call +1 202 555 0100 15 minutes custom_7_1790000000]',
      mark(number('+1 202 555 0100'), 15, 'custom_7_1790000000'),
    ],
    ['[call me 1h]', mark(ME, 60)],
    ['[Call 15m]', mark(ME, 15)],
    ['[call guest, 1d, appointment_reminder]', mark(GUEST, 1440, 'appointment_reminder')],
    ['[call me 1 hour 30 minutes before]', mark(ME, 90)],
    ['<p>Hello</p><ul><li>call&nbsp;me <b>10</b> minutes before</li></ul>', mark(ME, 10)],
    ['Call me back some time. Or call me 5 minutes before', mark(ME, 5)],
  ])('“%s” is read', (text, expected) => {
    expect(readEventCallMark('Dentist', text)).toEqual(expected);
    expect(readEventCallMark(text, undefined)).toEqual(expected);
  });

  it.each([
    '',
    'Call me',
    'call me if you are late',
    'call me before 10',
    'call me 10 minutes after',
    'recall me 10 minutes before',
    'remind the guest to bring a passport',
    '[Call] Weekly sync',
    '[call with Bob 15m today]',
    '[call]',
    '[call me 10m',
    'I call 10 people before lunch',
    'call +1 202 555 0100',
    'Call client',
    'Phone client!',
    'Call customer: renewal',
    'Do not call the client 10 minutes before',
    'Don’t call me 10 minutes before',
    'Never remind the guest.',
    '<a title="call me 10 minutes before">x</a>',
  ])('“%s” is none', (text) => {
    expect(readEventCallMark('', text)).toBeNull();
  });

  it('in the title goes before one in the description', () => {
    expect(readEventCallMark('Demo [call me 5m]', 'call me 1 hour before')).toEqual(mark(ME, 5));
  });

  it('is looked for in anything', () => {
    const words = fc.constantFrom(
      ...[
        'call',
        'me',
        '[call',
        ']',
        '+1 202 555 0100',
        '10',
        'minutes',
        'before',
        'remind the guest',
        '<',
        '>',
        '&amp;',
      ],
      ...['\n', '  ', '1h', '(', 'and'],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.array(words, { maxLength: 60 }).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(texts, texts, (summary, description) => {
        const found = readEventCallMark(summary, description);
        if (found?.minutesBefore != null) expect(found.minutesBefore).toBeGreaterThanOrEqual(0);
        for (const written of guestNumbersIn([description])) expect(written.length).toBeLessThan(40);
      }),
    );
  });

  it.each([
    '<',
    '<a',
    'call ',
    'call 1',
    'call 1 1 1 1 1 ',
    '1 ',
    '[call 1 ',
    'remind the guest ',
    '&',
    ' \n',
    'call me half an hour ',
    '(1-',
  ])('is not looked for without end where “%s” fills the description', (piece) => {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    expect(readEventCallMark(text, text)).toBeNull();
    expect(guestNumbersIn([text, text]).length).toBeLessThanOrEqual(20);
  });
});

describe('the number of a guest', () => {
  it('is found wherever it stands', () => {
    expect(guestNumbersIn(['Anna, <b>+1 (202) 555-0123</b>', '12 Main St, 202-555-0199'])).toEqual([
      '+1 (202) 555-0123',
      '202-555-0199',
    ]);
  });

  it.each<[string, string[]]>([
    ['phone: 030 1234567, tel. 3125550188', ['030 1234567', '3125550188']],
    ['Mobile (312) 555-0188', ['(312) 555-0188']],
    ['Booked on 2026-12-01 10:30 and 2026-12-01\nTel: 2026-12-01 10:30', []],
    ['Order 3125550188, room 12-34, 1.12.2026 15-16', []],
    ['Customer number 40012345678', []],
  ])('“%s” has %j', (text, numbers) => {
    expect(guestNumbersIn([text])).toEqual(numbers);
  });

  it('is not that of a conference', () => {
    const zoom = [
      'Join Zoom Meeting\nhttps://example.zoom.us/j/1\n\nMeeting ID: 123 456 7890\nPasscode: 1',
      'One tap mobile\n+16694449171,,1234567890# US\n+17193594580,,1# US',
      'Dial by your location\n• +1 669 444 9171 US\n• +1 719 359 4580 US',
      '+1 720 555 0111,,1#',
      'Anna: 202 555 0123',
    ].join('\n\n');
    expect(guestNumbersIn([zoom])).toEqual(['202 555 0123']);
    expect(guestNumbersIn(['Join by phone: +1 202 555 0111<br>PIN: 1<br><br>Anna: 202 555 0123'])).toEqual([
      '202 555 0123',
    ]);
  });
});

it('a text is what a person reads', () => {
  expect(plainText('a &lt; b<br/>c &amp;amp; d <i>e</i> < f')).toBe('a < b\nc &amp; d e < f');
});
