import { DEFAULT_INTERRUPTION_POLICY } from '../media/interruption-policy';
import { Agent, DEFAULT_INTERRUPTION, interruptionOf } from './agent';
import { BUILT_IN_SCENARIOS } from './built-in-scenarios';

/** An agent as a call keeps it: JSON, without the members that its time did not know. */
function aCopy(changes: Partial<Agent>): Agent {
  const agent = BUILT_IN_SCENARIOS.get('default')?.agent;
  return JSON.parse(JSON.stringify({ ...agent, ...changes })) as Agent;
}

describe('what it takes to interrupt an agent', () => {
  it('is the default for one that was copied before there was the setting', () => {
    const old = aCopy({ interruption: undefined });
    expect(old).not.toHaveProperty('interruption');
    expect(interruptionOf(old)).toEqual(DEFAULT_INTERRUPTION);
  });

  it('is what the scenario says', () => {
    const interruption = {
      protect: 'opening' as const,
      minSpeechMs: 300,
      ignoreWords: ['mhm'],
      resumesAfterFalseAlarm: true,
    };
    expect(interruptionOf(aCopy({ interruption }))).toEqual(interruption);
  });

  it('has the same default where calls are relayed', () => {
    expect(DEFAULT_INTERRUPTION).toEqual(DEFAULT_INTERRUPTION_POLICY);
  });
});
