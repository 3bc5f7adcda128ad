import type { Agent } from '../scenarios/agent';
import { instructionsFor } from './instructions';

const agent: Agent = {
  scenarioName: 'sales',
  displayName: 'Sales',
  persona: 'You are Mike, a friendly seller of {{product}}.',
  prompt: 'Find out what {{customer}} needs.',
  voice: 'ash',
  voiceType: 'aggressive_male',
  temperature: 0.7,
  greeting: null,
  whoSpeaksFirst: 'agent',
  language: 'de-DE',
  maxDurationSeconds: null,
  voicemailMessage: null,
  tools: ['end_call'],
  extractionSchema: null,
};
const facts = { ownerName: 'Acme', direction: 'outbound' as const, variables: { product: 'tea', customer: 'Ann' } };

describe('instructions', () => {
  it('say who the agent is, what it is to do, in which language and for whom', () => {
    const text = instructionsFor(agent, facts);
    expect(text).toContain('You are Mike, a friendly seller of tea.');
    expect(text).toContain('Find out what Ann needs.');
    expect(text).toMatch(/German/);
    expect(text).toContain('on behalf of Acme');
    expect(text).toContain('end_call');
    expect(text).not.toContain('record_order');
  });
});
