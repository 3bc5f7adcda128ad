import * as fc from 'fast-check';
import type { Agent } from './agent';
import { fillIn, isSpeakable, MAX_INSTRUCTIONS_CHARS, MAX_SPOKEN_CHARS } from './fill-in';

const anAgent = (agent: Partial<Agent>): Agent =>
  ({ persona: 'You are Mike.', prompt: 'Sell tea.', greeting: null, voicemailMessage: null, ...agent }) as Agent;

describe('placeholders', () => {
  it('are filled, and never read out where there is no value', () => {
    expect(fillIn('Hello {{ name }}, {{missing}}!', { name: 'Ann' })).toBe('Hello Ann, !');
    expect(fillIn('{{constructor}}{{__proto__}}', {})).toBe('');
  });
});

describe('a scenario with its variables', () => {
  it('is speakable as long as it is no book', () => {
    expect(isSpeakable(anAgent({ prompt: 'x'.repeat(5000) }), { name: 'Ann' })).toBe(true);
    expect(isSpeakable(anAgent({ prompt: '{{a}}'.repeat(1000) }), { a: 'x'.repeat(2000) })).toBe(false);
    expect(isSpeakable(anAgent({ voicemailMessage: '{{a}} {{a}}' }), { a: 'x'.repeat(2000) })).toBe(false);
    expect(isSpeakable(anAgent({}), { a: 'x'.repeat(MAX_INSTRUCTIONS_CHARS) })).toBe(false);
  });

  it('is measured as it is filled in', () => {
    const piece = fc.constantFrom('{{a}}', '{{ b }}', '{{missing}}', '{{', 'words ', '}}');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.string({ maxLength: 90 }), (pieces, value) => {
        const variables = { a: value, b: 'bb' };
        const greeting = pieces.join('');
        expect(isSpeakable(anAgent({ greeting }), variables)).toBe(
          fillIn(greeting, variables).length <= MAX_SPOKEN_CHARS,
        );
      }),
    );
  });
});
