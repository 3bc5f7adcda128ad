import fc from 'fast-check';
import { parseVoiceMessage, REALTIME_TYPES, realtimeMessage } from './voice-agent-messages';

it('reads any text without falling over it, and messages alone', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      const message = parseVoiceMessage(text);
      if (message === null) return;
      expect(typeof message.type).toBe('string');
      expect(JSON.parse(text)).toEqual(message);
    }),
  );
});

it('knows what a browser may say in a realtime session, and nothing beside it', () => {
  const wellFormed = fc.oneof(
    fc.record({ type: fc.constant('mark'), name: fc.string({ minLength: 1, maxLength: 100 }) }),
    fc.record({ type: fc.constant('key'), digit: fc.constantFrom(...'0123456789*#') }),
    fc.record({ type: fc.constant('text_input'), text: fc.stringMatching(/^[a-z]{1,2000}$/) }),
  );
  fc.assert(
    fc.property(wellFormed, fc.string({ minLength: 1 }), (message, extra) => {
      expect(REALTIME_TYPES).toContain(message.type);
      expect(realtimeMessage.safeParse(message).success).toBe(true);
      if (!(extra in message)) {
        expect(realtimeMessage.safeParse({ ...message, [`x${extra}`]: 1 }).success).toBe(false);
      }
    }),
  );
});

it.each([
  { type: 'key', digit: 'A' },
  { type: 'key', digit: '' },
  { type: 'mark', name: 'x'.repeat(101) },
  { type: 'text_input', text: '   ' },
  { type: 'text_input', text: 'a\u0000b' },
  { type: 'text_input', text: 'x'.repeat(2001) },
])('does not take %j', (message) => {
  expect(realtimeMessage.safeParse(message).success).toBe(false);
});
