import { z } from 'zod';
import { storedText } from '../common/stored-text';
import type { TalkTool } from '../integrations/language-model/language-model';

export const CONVERSATION_TOOLS = ['end_conversation', 'ask_clarification', 'save_customer_details'] as const;
export type ConversationTool = (typeof CONVERSATION_TOOLS)[number];

/** What an agent did while it answered. */
export interface DoneAction {
  type: ConversationTool;
  arguments: Record<string, string>;
  ok: boolean;
  /** What came of it, in a sentence. */
  detail: string;
}

const MAX_ARGUMENT_CHARS = 500;

const text = (description: string) => ({ type: 'string', description });

const TOOLS: Readonly<Record<ConversationTool, TalkTool>> = {
  end_conversation: {
    name: 'end_conversation',
    description: 'Ends the conversation. Only after a short goodbye, when everything is settled or they want to go.',
    parameters: { type: 'object', properties: { reason: text('Why it ends, in a few words') }, required: [] },
  },
  ask_clarification: {
    name: 'ask_clarification',
    description: 'Say with it that you did not understand what they mean. Your answer asks them about it.',
    parameters: { type: 'object', properties: { about: text('What is unclear, in a few words') }, required: [] },
  },
  save_customer_details: {
    name: 'save_customer_details',
    description: 'Keeps what they have told you about themselves. Only what they said, and each thing once.',
    parameters: {
      type: 'object',
      properties: {
        name: text('Their name'),
        phone_number: text('Their phone number'),
        email: text('Their e-mail address'),
      },
      required: [],
    },
  },
};

/** @param hasCustomer whether it is known whom the agent talks to */
export function toolsOf(hasCustomer: boolean): TalkTool[] {
  return Object.values(TOOLS).filter(({ name }) => hasCustomer || name !== 'save_customer_details');
}

const given = z.record(z.string(), z.unknown());

/** What the model calls, as it may be kept; null where there is no such tool, or it was called with nonsense. */
export function readCall(
  name: string,
  written: string,
): { tool: ConversationTool; given: Record<string, string> } | null {
  const tool = CONVERSATION_TOOLS.find((one) => one === name);
  const parsed = given.safeParse(jsonOf(written === '' ? '{}' : written));
  if (tool === undefined || !parsed.success) return null;
  const known = Object.keys((TOOLS[tool].parameters['properties'] ?? {}) as object);
  return {
    tool,
    given: Object.fromEntries(
      known.flatMap((key) => {
        const value = parsed.data[key];
        const kept = typeof value === 'string' ? storedText(value).trim().slice(0, MAX_ARGUMENT_CHARS) : '';
        return kept === '' ? [] : [[key, kept]];
      }),
    ),
  };
}

function jsonOf(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}
