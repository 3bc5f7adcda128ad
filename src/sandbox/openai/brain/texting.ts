import type { BrainPart, BrainTool } from './brain.port';
import { propertiesOf } from './tool-calls';
import { sentencesIn } from './wording';

const WANTS_TEXT =
  /\b(?:text|sms) (?:me|us|it|that|this|the)\b|\bsend (?:me|us|it|that|this|the)\b.*\b(?:text|sms|message|phone)\b|\bin writing\b/i;
const BODY = /^(?:body|text|message|content)$/i;

/** The tool that texts the person on the line, if there is one. */
export function textTool(tools: readonly BrainTool[]): BrainTool | undefined {
  return tools.find((tool) => /(?:^|_)(?:text|sms)(?:_|$)/i.test(tool.name) && bodyOf(tool) !== undefined);
}

/** The call of it, when somebody asks for something in writing: what they have just been told, without the questions. */
export function textCall(tool: BrainTool, utterance: string, agentTurns: readonly string[]): BrainPart | undefined {
  const body = bodyOf(tool);
  if (body === undefined || !WANTS_TEXT.test(utterance)) return undefined;
  const told = [...agentTurns].reverse().map(statementsIn);
  const words = told.find((statements) => statements !== '') ?? utterance;
  return { kind: 'call', name: tool.name, arguments: { [body]: words } };
}

function bodyOf(tool: BrainTool): string | undefined {
  return Object.keys(propertiesOf(tool.parameters)).find((name) => BODY.test(name));
}

function statementsIn(text: string): string {
  return sentencesIn(text)
    .filter((sentence) => !sentence.endsWith('?'))
    .join(' ');
}
