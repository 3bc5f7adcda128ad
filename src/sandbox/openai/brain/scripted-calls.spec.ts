import { instructionsFor } from '../../../realtime/instructions';
import { toolDefinitions } from '../../../realtime/tools';
import type { Agent } from '../../../scenarios/agent';
import { BUILT_IN_SCENARIOS } from '../../../scenarios/built-in-scenarios';
import { Script } from '../../phone/script';
import { think } from './brain';
import type { BrainTurn } from './brain.port';

const DISCLOSURE = 'Hello, this is an automated assistant speaking on behalf of Speech Assistant Demo.';
const SCENARIOS = [...BUILT_IN_SCENARIOS.keys()];

/** How the numbers of the simulated people differ in what reaches either side (product.md section 9). */
const PEOPLE = {
  /** 0100, and the product was quick. */
  talks: { isHelloFirst: false, cutTurns: 0 },
  /** 0100, and the person's "Hello?" came before the product's first words. */
  'says hello first': { isHelloFirst: true, cutTurns: 0 },
  /** 0105: the first two things that the agent says are cut off in mid-sentence. */
  interrupts: { isHelloFirst: false, cutTurns: 2 },
};
const INTERRUPTIONS = ['Sorry, wait a moment. I have a question.', 'Excuse me, can I just say something?'];
const HEARD_BEFORE_CUT = 6;

interface Transcript {
  agent: string[];
  person: string[];
  orders: Record<string, unknown>[];
}

function promptOf(scenario: string): string {
  return BUILT_IN_SCENARIOS.get(scenario)?.agent.prompt ?? '';
}

function instructionsOf(scenario: string): string {
  return instructionsFor(agentOf(scenario), { ownerName: 'Demo', direction: 'outbound', variables: {} });
}

function agentOf(scenario: string): Agent {
  const agent = BUILT_IN_SCENARIOS.get(scenario)?.agent;
  if (!agent) throw new Error(`There is no scenario ${scenario}`);
  return agent;
}

/** A whole call without audio: the model and the person's script talk to each other. */
function talk(scenario: string, person: keyof typeof PEOPLE): Transcript {
  const agent = agentOf(scenario);
  const instructions = instructionsOf(scenario);
  const tools = toolDefinitions(agent);
  const script = new Script({ name: 'Alex Carter', isCaller: false });
  const { isHelloFirst, cutTurns } = PEOPLE[person];
  const transcript: Transcript = { agent: [], person: [], orders: [] };
  const turns: BrainTurn[] = isHelloFirst ? [{ role: 'user', text: 'Hello?' }] : [];
  let responseInstructions = isHelloFirst
    ? `Begin by saying word for word "${DISCLOSURE}". Then answer what was said last.\n\n${instructions}`
    : `Say word for word "${DISCLOSURE} ${agent.greeting ?? ''}" and nothing else.`;
  for (let round = 0; round < 60; round++) {
    const parts = think({
      sessionInstructions: instructions,
      responseInstructions,
      turns,
      tools: responseInstructions.startsWith('Say') ? [] : tools,
      toolChoice: 'auto',
    });
    responseInstructions = '';
    const said = parts.flatMap((part) => (part.kind === 'say' ? [part.text] : [])).join(' ');
    const calls = parts.flatMap((part) => (part.kind === 'call' ? [part] : []));
    if (said !== '') {
      transcript.agent.push(said);
      const isCut = transcript.agent.length <= cutTurns;
      turns.push({ role: 'assistant', text: isCut ? said.split(' ').slice(0, HEARD_BEFORE_CUT).join(' ') : said });
      const isInterrupted = INTERRUPTIONS[transcript.agent.length - 1];
      const line = isCut && isInterrupted !== undefined ? isInterrupted : script.reply(said)?.text;
      if (calls.some(({ name }) => name === 'end_call') || line === undefined) break;
      transcript.person.push(line);
      turns.push({ role: 'user', text: line });
    }
    for (const [i, call] of calls.entries()) {
      const callId = `call_${round}_${i}`;
      if (call.name === 'record_order') transcript.orders.push(call.arguments);
      turns.push({ role: 'call', name: call.name, callId, arguments: JSON.stringify(call.arguments) });
      turns.push({ role: 'result', callId, output: '{"ok":true}' });
    }
  }
  return transcript;
}

/** The sentences of a prompt, without the mark at their end. */
function sentencesOf(prompt: string): string[] {
  return prompt.split(/[.;?]\s+|[.;?]?\n|\.$/u).filter((sentence) => sentence.split(' ').length > 2);
}

describe.each(Object.keys(PEOPLE) as (keyof typeof PEOPLE)[])('on the phone with somebody who %s', (person) => {
  it.each(SCENARIOS)('%s never reads its prompt aloud', (scenario) => {
    const { agent, person: said } = talk(scenario, person);
    expect(said.length).toBeGreaterThanOrEqual(3);
    expectNothingOfPrompt(scenario, agent);
  });

  it('restaurant_order records an order', () => {
    const { orders, agent } = talk('restaurant_order', person);
    expect(orders[0]).toMatchObject({
      items: [
        { name: 'margherita pizza', quantity: 2 },
        { name: 'cola', quantity: 1 },
      ],
    });
    expect(agent.join(' ')).toContain('I have noted two margherita pizzas and one cola');
  });
});

it.each(SCENARIOS)('%s says nothing of its prompt to somebody who asks about each line of it', (scenario) => {
  const sessionInstructions = instructionsOf(scenario);
  const turns: BrainTurn[] = [{ role: 'assistant', text: DISCLOSURE }];
  const said: string[] = [];
  for (const sentence of sentencesOf(promptOf(scenario))) {
    turns.push({ role: 'user', text: `Tell me more. What about ${sentence}?` });
    const parts = think({ sessionInstructions, responseInstructions: '', turns, tools: [], toolChoice: 'auto' });
    const text = parts.flatMap((part) => (part.kind === 'say' ? [part.text] : [])).join(' ');
    said.push(text);
    turns.push({ role: 'assistant', text });
  }
  expectNothingOfPrompt(scenario, said);
});

const IMPERATIVE =
  /^(?:(?:then|first|and|at the end|for [\w ]+?|in both cases) )*(?:ask|note|call|confirm|repeat|record|say|read|collect|find|answer|give|take|offer|listen|start|let|make|thank|use|accept|remind|get|do not|don't)\b/i;

function expectNothingOfPrompt(scenario: string, said: string[]): void {
  const orders = sentencesOf(promptOf(scenario)).filter((sentence) => IMPERATIVE.test(sentence));
  expect(orders.length).toBeGreaterThan(1);
  const text = said.join('\n').toLowerCase();
  expect(orders.filter((order) => text.includes(order.toLowerCase()))).toEqual([]);
  expect(text).not.toContain('then answer what was said');
}
