import { storedText } from '../common/stored-text';
import type { LanguageModel, TalkLine, TalkTool } from '../integrations/language-model/language-model';
import { instructionsFor } from '../realtime/instructions';
import { runTool, ToolEffects, toolDefinitions } from '../realtime/tools';
import { disclosureIn } from '../languages/languages';
import type { Agent } from '../scenarios/agent';
import { fillIn } from '../scenarios/fill-in';
import type { SimulatedCaller, SimulatedLine, SimulationResult } from './simulation-plan';

const MAX_OUTPUT_TOKENS = 1500;
/** The model is asked again where it only used tools. */
const MOST_ROUNDS = 4;

const HANG_UP: TalkTool = {
  name: 'hang_up',
  description: 'Ends the call: you have what you wanted, or you have given up on it. Say goodbye first.',
  parameters: { type: 'object', properties: {}, required: [] },
};

/** Nothing is done to the world: an order goes nowhere, no text is sent, no calendar is there. */
const NOTHING_DONE: ToolEffects = {
  recordOrder: () => undefined,
  sendText: () => Promise.resolve({ ok: true, message: 'The text is on its way.' }),
};

export interface SimulatedCallOptions {
  model: LanguageModel;
  agent: Agent;
  ownerName: string;
  isDisclosed: boolean;
  caller: SimulatedCaller;
  variables: Record<string, string>;
  maxTurns: number;
  /** What the other one hears of a line. */
  hear: (said: string) => Promise<string>;
  /** Whether it may differ from what was said. */
  isAudible: boolean;
  signal: AbortSignal;
}

type Talk = Pick<SimulationResult, 'lines' | 'tools' | 'end'>;

/** One call between an agent and a caller whom the model plays, as on the phone: the same instructions, the same tools. @throws LanguageModelError, SpeechError */
export async function simulateCall(options: SimulatedCallOptions): Promise<Talk> {
  const { agent, caller, maxTurns } = options;
  const talk: Talk = { lines: [], tools: [], end: 'too_long' };
  const agentLines: TalkLine[] = [];
  const callerLines: TalkLine[] = [];

  const say = async (role: 'agent' | 'caller', said: string): Promise<void> => {
    const heard = options.isAudible ? await options.hear(said) : said;
    talk.lines.push({ role, said, heard: options.isAudible ? heard : null });
    const [own, others] = role === 'agent' ? [agentLines, callerLines] : [callerLines, agentLines];
    own.push({ role: 'assistant', text: said });
    // Somebody who hears nothing still has their turn.
    others.push({ role: 'user', text: heard === '' ? '(nothing can be heard)' : heard });
  };

  const firstWords = firstWordsOf(options);
  if (agent.whoSpeaksFirst === 'agent' && firstWords !== '') await say('agent', firstWords);
  for (let turns = 0; turns < maxTurns; turns += 1) {
    const spoken = await lineOf(options, callerInstructions(caller), callerLines, [HANG_UP], () => '{}');
    if (spoken.text !== '') await say('caller', spoken.text);
    if (spoken.called.includes(HANG_UP.name) || spoken.text === '') return { ...talk, end: 'caller_hung_up' };
    const isOver = await agentsTurn(options, agentLines, talk, say);
    if (isOver) return { ...talk, end: 'agent_hung_up' };
  }
  return talk;
}

/** @returns whether the agent has hung up */
async function agentsTurn(
  options: SimulatedCallOptions,
  lines: TalkLine[],
  talk: Talk,
  say: (role: 'agent', said: string) => Promise<void>,
): Promise<boolean> {
  const { agent, ownerName, variables } = options;
  let isOver = false;
  const use = async (name: string, given: string, callId: string): Promise<string> => {
    talk.tools.push({ name: storedText(name), arguments: storedText(given) });
    const outcome = await runTool(agent, { name, argumentsJson: given, toolCallId: callId }, NOTHING_DONE);
    if (outcome.then === 'end-call') isOver = true;
    return JSON.stringify(outcome.output);
  };
  const instructions = instructionsFor(agent, { ownerName, direction: 'inbound', variables });
  const spoken = await lineOf(options, instructions, lines, [...toolDefinitions(agent)] as TalkTool[], use);
  if (spoken.text !== '') await say('agent', spoken.text);
  return isOver || spoken.text === '';
}

/** What one of the two says next. */
async function lineOf(
  { model, signal }: SimulatedCallOptions,
  instructions: string,
  lines: TalkLine[],
  tools: readonly TalkTool[],
  use: (name: string, given: string, callId: string) => string | Promise<string>,
): Promise<{ text: string; called: string[] }> {
  let text = '';
  const called: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const calls: { callId: string; name: string; arguments: string }[] = [];
    for await (const part of model.converse({
      instructions,
      lines,
      tools,
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      signal,
    })) {
      if (part.kind === 'text') text += part.delta;
      else calls.push(part);
    }
    for (const { callId, name, arguments: given } of calls) {
      called.push(name);
      const output = await use(name, given, callId);
      lines.push({ role: 'call', callId, name, arguments: given }, { role: 'result', callId, output });
    }
    if (calls.length === 0 || text.trim() !== '') break;
  }
  return { text: storedText(text).trim(), called };
}

function firstWordsOf({ agent, ownerName, isDisclosed, variables }: SimulatedCallOptions): string {
  const disclosure = isDisclosed ? disclosureIn(agent.language, ownerName) : '';
  return `${disclosure} ${fillIn(agent.greeting ?? '', variables)}`.trim();
}

function callerInstructions({ name, persona, goal, temper }: SimulatedCaller): string {
  return [
    '# Who you are',
    `You play a person on a phone call: you are the caller, and an assistant answers. You are ${name}. ${persona}`,
    '# What you want',
    goal,
    '# How you behave',
    temper === null ? '' : `Your temper today: ${temper}.`,
    'Say one or two short sentences at a time, as people do on the phone, and stay who you are. Never help the other one to do their work, and never say that you are simulated.',
    'When you have what you wanted, or see that you will not get it, say goodbye and call the tool hang_up with it.',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** The call as it is read by whoever judges it. */
export function writtenCall(lines: readonly SimulatedLine[]): string {
  return lines.map(({ role, said }) => `${role === 'agent' ? 'Agent' : 'Caller'}: ${said}`).join('\n');
}
