import fc from 'fast-check';
import { redactUrl } from './redact-url';

it.each([
  ['/make-call/+12025550100/sales', '/make-call/[number]/sales'],
  ['/make-call/12025550100/sales', '/make-call/[number]/sales'],
  ['/make-call/%2B1%20(202)%20555-0100/sales', '/make-call/[number]/sales'],
  ['/make-call/+1+202+555+0100/sales', '/make-call/[number]/sales'],
  ['/make-call/(202)555.0100/sales', '/make-call/[number]/sales'],
  ['/make-call/tel:+1-202-555-0100;ext=5/sales', '/make-call/[number]/sales'],
  ['/make-call/12025550100x22/default', '/make-call/[number]/default'],
  ['/make-custom-call/call%20me%20maybe/custom_1_2', '/make-custom-call/[number]/custom_1_2'],
  ['/call-status?callSid=CA0123456789abcdef', '/call-status?callSid=[redacted]'],
  ['/dashboard?ticket=abc', '/dashboard?ticket=[redacted]'],
  ['/calls?limit=5&q=alice&status=completed', '/calls?limit=5&q=[redacted]&status=completed'],
  ['/calls?from=2026-01-01T00:00:00Z&to=%2B12025550100', '/calls?from=2026-01-01T00:00:00Z&to=[redacted]'],
  ['/calls/CA0123456789abcdef0123456789abcdef', '/calls/CA0123456789abcdef0123456789abcdef'],
  ['/custom-scenarios/custom_1_1640995200', '/custom-scenarios/custom_1_1640995200'],
  ['/do-not-call/12', '/do-not-call/12'],
  ['/x?flag', '/x?flag'],
  ['/%E0%A4%A', '/%E0%A4%A'],
])('%s becomes %s', (given, clean) => {
  expect(redactUrl(given)).toBe(clean);
});

it('lets no number through, however it is written', () => {
  const separator = fc.constantFrom('', '-', '.', ' ', '%20', '(', ')');
  const number = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 9 }), separator), { minLength: 7, maxLength: 15 })
    .map((parts) => parts.map(([digit, mark]) => `${digit}${mark}`).join(''));
  fc.assert(
    fc.property(fc.constantFrom('', '+', '%2B'), number, (plus, digits) => {
      expect(redactUrl(`/make-call/${plus}${digits}/sales?to=${plus}${digits}`)).toBe(
        '/make-call/[number]/sales?to=[redacted]',
      );
    }),
  );
});
