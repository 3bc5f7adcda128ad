import { DEFAULT_INTERRUPTION } from './agent';
import { BUILT_IN_NAMES, BUILT_IN_SCENARIOS } from './built-in-scenarios';
import { OPENAI_VOICES, VOICE_TYPE_NAMES, VOICE_TYPES, voiceOf } from './voices';

describe('the built-in scenarios', () => {
  it('are the documented ones', () => {
    expect(BUILT_IN_NAMES).toEqual([
      'default',
      'sales',
      'support',
      'appointment_reminder',
      'survey',
      'receptionist',
      'restaurant_order',
      'calendar_assistant',
    ]);
  });

  it.each(BUILT_IN_NAMES)('%s is a whole agent', (name) => {
    const agent = BUILT_IN_SCENARIOS.get(name)?.agent;
    expect(agent).toMatchObject({ scenarioName: name, voice: voiceOf(agent?.voiceType ?? ''), language: 'en-US' });
    expect(agent?.persona.length).toBeGreaterThan(50);
    expect(agent?.prompt).toMatch(/The call is done /);
    expect(agent?.greeting).toMatch(/[.?]$/);
    expect(agent?.tools).toContain('end_call');
  });

  it('record an order in a restaurant alone', () => {
    const recording = BUILT_IN_NAMES.filter((name) =>
      BUILT_IN_SCENARIOS.get(name)?.agent.tools.includes('record_order'),
    );
    expect(recording).toEqual(['restaurant_order']);
  });

  it('let themselves be interrupted, but a reminder says first who is calling', () => {
    for (const [name, { agent }] of BUILT_IN_SCENARIOS) {
      const protect = name === 'appointment_reminder' ? 'disclosure' : 'nothing';
      expect(agent.interruption).toEqual({ ...DEFAULT_INTERRUPTION, protect });
    }
  });
});

describe('the voices', () => {
  it('are the table of the product', () => {
    expect(Object.fromEntries(Object.entries(VOICE_TYPES).map(([name, { voice }]) => [name, voice]))).toEqual({
      aggressive_male: 'ash',
      concerned_female: 'coral',
      elderly_female: 'shimmer',
      professional_neutral: 'alloy',
      gentle_supportive: 'echo',
      warm_engaging: 'ballad',
      deep_authoritative: 'sage',
      energetic_upbeat: 'verse',
      clear_optimistic: 'marin',
      calm_confident: 'cedar',
    });
  });

  it('can be named by the vendor’s own names as well', () => {
    for (const voice of OPENAI_VOICES) expect(voiceOf(voice)).toBe(voice);
    expect(VOICE_TYPE_NAMES).toHaveLength(20);
  });

  it.each(['', 'robot', 'toString', 'Alloy', '__proto__'])('do not include %p', (name) => {
    expect(voiceOf(name)).toBeUndefined();
  });
});
