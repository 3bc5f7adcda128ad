import * as fc from 'fast-check';
import { REDACTION_KINDS } from '../config/app-config';
import { redact } from './redaction';

const clean = (text: string) => redact(text, REDACTION_KINDS);

describe('digits of any script', () => {
  it.each([
    ['我的卡号是４１１１　１１１１　１１１１　１１１１。', '我的卡号是[card]。'],
    ['４１１１－１１１１－１１１１－１１１１', '[card]'],
    ['بطاقتي ٤١١١ ١١١١ ١١١١ ١١١١', 'بطاقتي [card]'],
    ['بطاقتي ٤١١١، ١١١١، ١١١١، ١١١١', 'بطاقتي [card]'],
    ['मेरा कार्ड ४१११ ११११ ११११ ११११ है', 'मेरा कार्ड [card] है'],
    ['𝟒𝟏𝟏𝟏 𝟷𝟷𝟷𝟷 𝟙𝟙𝟙𝟙 1111', '[card]'],
    ['電話は０９０（１２３４）５６７８です', '電話は[phone]です'],
    ['＋４９ １７１ １２３４５６７', '[phone]'],
    ['+৪৯, ১৭১, ১২৩৪৫৬৭', '[phone]'],
    ['رمزي ۴۸۲۱', 'رمزي [number]'],
    ['用户１２＠example.com', '[email]'],
    ['การประชุมเวลา ๑๐:๓๐ ในปี ๒๐๒๖', 'การประชุมเวลา ๑๐:๓๐ ในปี ๒๐๒๖'],
    [
      '２０２６年１１月３０日の１０：３０に、￥１２００です。',
      '２０２６年１１月３０日の１０：３０に、￥１２００です。',
    ],
    ['السعر ١٠٫٥٠، ٢٠٫٠٠، ٣٠٫٠٠', 'السعر ١٠٫٥٠، ٢٠٫٠٠، ٣٠٫٠٠'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

describe('an address', () => {
  it.each([
    ['Write to john.doe+news@mail.example.co.uk.', 'Write to [email].'],
    ['<john_doe@example.museum>', '<[email]>'],
    ['jörg@müller.de, please', '[email], please'],
    ['我的邮箱是john@example.com谢谢', '我的邮箱是[email]谢谢'],
    ['It is john dot doe at example dot com.', 'It is [email].'],
    ['It is John underscore Doe dash 7 at my-mail dot co dot uk', 'It is [email]'],
    ['Send it to john.doe at example.com today', 'Send it to [email] today'],
    ['Send it to john at example dot com today', 'Send it to [email] today'],
    ['john dot doe@example.com', '[email]'],
    ['john dot doe at sign example dot org', '[email]'],
    ['Reach us at info at example dot in', 'Reach us at [email]'],
    ['foo@bar@example.com', 'foo@[email]'],
    ['john42 at gmail.com or 12345@example.com', '[email] or [email]'],
    ['Пишите на иван.петров@пример.рф, спасибо', 'Пишите на [email], спасибо'],
    ['Γράψτε στο γιώργος@παράδειγμα.ελ.', 'Γράψτε στο [email].'],
    ['بريدي محمد@مثال.السعودية شكرا', 'بريدي [email] شكرا'],
    ['मेरा पता है राम@उदाहरण.भारत', 'मेरा पता है [email]'],
    ['иванivan@example.com', '[email]'],
    ['用户@例子.公司', '[email]'],
    ['谢谢。请写到用户@例子.公司。再见', '谢谢。[email]。再见'],
    ['用户.wang_7@example.com', '[email]'],
    ['张wei@example.com', '[email]'],
    ['请写到john@例子.公司', '[email]'],
    ['ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ', '[email]'],
    ['홍길동@도메인.한국 입니다', '[email] 입니다'],
    ['메일은 john@example.com입니다', '메일은 [email]입니다'],
    ['สมชาย@ตัวอย่าง.ไทย', '[email]'],
    [`${'说'.repeat(100)}用户@例子.公司`, `${'说'.repeat(81)}[email]`],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it.each([
    'Look at example dot com.',
    'You can find us at example.com.',
    'Aim at every dot in the picture.',
    'We meet at noon dot dot dot',
    'a@b',
    'Follow @example.',
    'She is at home.',
    'Follow ...@example.com',
    '关注我@微博，谢谢。',
    'Пишите @иван.',
  ])('is not in: %s', (text) => {
    expect(clean(text)).toBe(text);
  });
});

describe('a phone number', () => {
  it.each([
    ['Call +1 (202) 555-0100 now', 'Call [phone] now'],
    ['Call (202) 555-0100 now', 'Call [phone] now'],
    ['Call me (202.555.0100).', 'Call me ([phone]).'],
    ['+44 (0)20 7946 0958', '[phone]'],
    ['555-0100', '[phone]'],
    ['555.0100', '[phone]'],
    ['Tel. 0171/1234567', 'Tel. [phone]'],
    ['Tel. 0171/123 45 67, 24 hours', 'Tel. [phone], 24 hours'],
    ['It is 202, 555, 0100.', 'It is [phone].'],
    ['It is 1, 202, 555-0100, from 9 to 5', 'It is [phone], from 9 to 5'],
    ['(202),  555 – 0100', '[phone]'],
    ['202/555/0100', '[phone]'],
    ['202  555\n0100', '[phone]'],
    ['202 – 555 – 0100', '[phone]'],
    ['612 – 345 – 678', '[phone]'],
    ['06 – 12 – 34 – 56 – 78, or 06. 12. 34. 56. 78', '[phone], or [phone]'],
    ['01 – 02 – 03 – 04 – 05', '01 – 02 – 03 – 04 – 05'],
    ['1-800, 555, 0100', '[phone]'],
    ['+49, 171, 123, 4567', '[phone]'],
    ['+1 (202), um, 555, uh, 0100', '[phone]'],
    ['07700, 900, 123', '[phone]'],
    ['01, 42, 68, 53, 00', '[phone]'],
    ['2, 0, 2, 5, 5, 5, 0, 1, 0, 0', '[phone]'],
    ['Call +49 171 1234567, 24 hours a day', 'Call [phone], 24 hours a day'],
    ['two zero two, um, five five five, uh... zero one, and then zero zero', '[phone]'],
    ['two zero two – five five five  zero one zero zero', '[phone]'],
    ['+4917612345678', '[phone]'],
    ['2 0 2 5 5 5 0 1 0 0', '[phone]'],
    ['我的电话是13800138000。', '我的电话是[phone]。'],
    ['two oh two five five five oh one double oh', '[phone]'],
    ['Two zero two. Five five five. O one O O.', '[phone].'],
    ['It is five-five-five-zero-one-zero-zero', 'It is [phone]'],
    ['202 555 0100, 202 555 0101', '[phone], [phone]'],
    ['(503) 272-8005, (503) 272-4713, 555-0100', '[phone], [phone], [phone]'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

describe('a number', () => {
  it.each([
    ['My code is 4821.', 'My code is [number].'],
    ['PIN 1 2 3 4', 'PIN [number]'],
    ['Account 12-34-56', 'Account [number]'],
    ['It is seven three nine one', 'It is [number]'],
    ['It is double seven, double nine', 'It is [number]'],
    ['Order A1234567890123456789012', 'Order A[number]'],
    ['Born in 2026, number 2100', 'Born in 2026, number [number]'],
    ['2026 1234', '[phone]'],
    ['Sort code 12 – 34 – 56', 'Sort code [number]'],
    ['It is four, um, eight, erm, two one', 'It is [number]'],
    ['It is four eight and then two one', 'It is [number]'],
    ['It is double four er triple two', 'It is [number]'],
    ['DE89 3704 0044 0532 0130 00', 'DE[number]'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

describe('ordinary speech stays as it is', () => {
  it.each([
    'In 2026 we moved; the 1990s were better.',
    'The meeting is at 10:30, or at 2026-11-30 14:15:00 at the latest.',
    'It costs $1,200.50, or €1200, or 1.200,50 € with tax, or 1500 £.',
    'Pi is about 3.1415, or 3.14159265, and half is 0.5000.',
    'It takes 10-15 minutes for 1,250,000 people.',
    'One two three, and then four of us went home.',
    'Oh, oh, oh, oh, that is funny!',
    'Is it one or two? Three, I think.',
    'Call 911, or dial 100 and then 5.',
    'I was number one at nine in room 101.',
    'Version 1.2.3 came out on 11/30/2026 and costs 1,000.50.',
    'He said: "at this point, dot every i".',
    'Nine times out of ten, no one answers at 24/7 hotlines.',
    'Am 24.12.2026 um 10.30 Uhr kostet es 1.250,00 € für 3 Personen.',
    'Im Jahr 1999 hatte die Stadt 12.500 Einwohner, sagt Frau Müller.',
    'Ich bin seit zwei Jahren Kunde und habe nie etwas bestellt.',
    'Nos vemos el 5 de mayo de 2027 a las 17:45, ¿vale?',
    'Son 25,50 € por persona, uno o dos no importan.',
    '会议在2026年11月30日上午10:30开始,大约需要15分钟。',
    '这个要¥1200,打八折以后是960元。',
    'We have 12, 15, 20 and 30 left, or 12, 15, 20, 30, 45.',
    'From 2019, 2020, 2021, or 2019 – 2021, or 2019/2020, or 2019 – 2020 – 2021.',
    'It is 10.50, 20.00, 30.00, or 10,50, 20,00, 30,00, or 10.50 – 20.00.',
    'Open 10:30 – 18:00, 11:00 – 17:30, on 11/30/2026, 12/01/2026, 1.12., 2.12. and 3.12.',
    'On 30 – 11 – 2026, 05/06, 07/08, 2026/11/30 or 2026–11–30.',
    'Rooms 101, 102, 103, 104; 200, 300, 400; 10 – 15, 500 – 900 people.',
    'One, two, um, and then three, uh, went home.',
    'Count: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13.',
    'Half is 0.5, a third 0.33, 0.25, 0.05, 0.125.',
    'We have 8, 17, 2, 13, 11, 14, 10, 12, 12, 17 and 3, or 560, 505, 322, 693, 779 left.',
    'It takes 4–30, 40–63, 33–74, 48–69, 15–52, 45–70 or 205 – 236, 357 – 851, 470 – 700, 217 – 339 days.',
    '6 – 4, 3 – 6, 7 – 5; 1,250,000, 3,500,000, 4,250,000.',
    'I would like 250, 500, 750 of them, and 2, 4, 6 more.',
    '',
  ])('%s', (text) => {
    expect(clean(text)).toBe(text);
  });
});

it('redacts nothing that nobody asked for', () => {
  const text = '4111 1111 1111 1111 john@example.com +1 202 555 0100 PIN 4821';
  expect(redact(text, [])).toBe(text);
  expect(redact(text, ['card'])).toBe('[card] john@example.com +1 202 555 0100 PIN 4821');
  expect(redact(text, ['email'])).toBe('4111 1111 1111 1111 [email] +1 202 555 0100 PIN 4821');
  expect(redact(text, ['phone'])).toBe('4111 1111 1111 1111 john@example.com [phone] PIN 4821');
  expect(redact(text, ['number'])).toBe('[number] john@example.com [number] PIN [number]');
});

it('lets no phone number through, however it is written', () => {
  const gaps = fc.constantFrom('', '', ' ', '-', '.', ') ', ' (');
  const number = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), gaps), { minLength: 10, maxLength: 15 });
  fc.assert(
    fc.property(fc.constantFrom('', '+'), number, (plus, digits) => {
      const written = digits.map(([digit, gap], at) => `${digit}${at < digits.length - 1 ? gap : ''}`).join('');
      expect(clean(`Call ${plus}${written} now`)).not.toMatch(/\d{4}|\d[ .-]\d[ .-]\d[ .-]\d/);
    }),
  );
});

it('lets no phone number through, whatever the pauses in it', () => {
  const digit = (min: number) => fc.integer({ min, max: 9 });
  const group = (first: number, length: number) =>
    fc
      .tuple(
        digit(first),
        fc.array(digit(0), { minLength: length - 1, maxLength: length - 1 }).map((rest) => rest.join('')),
      )
      .map(([one, rest]) => `${one}${rest}`);
  const areaAndExchange = fc.tuple(
    group(2, 3),
    group(2, 3),
    group(0, 3).map((line) => `${line}1`),
  );
  const abroad = fc.tuple(
    group(1, 2).map((code) => `+${code}`),
    group(1, 3),
    group(0, 3),
    group(0, 4),
  );
  const gap = fc.constantFrom(', ', ' – ', '  ', '. ', ' - ', '/', '\n\n', ', um, ', ' uh... ');
  fc.assert(
    fc.property(fc.oneof(areaAndExchange, abroad), gap, (groups, between) => {
      expect(clean(`Call ${groups.join(between)} now`)).toBe('Call [phone] now');
    }),
  );
});
