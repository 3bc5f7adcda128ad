import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { pagingQuery, wholeNumber } from '../../common/paging';
import { storableText, trimmedText } from '../../common/text';
import { customerKey } from '../../customers/dto/customers.dto';
import type { ConversationMessage } from '../conversation-message.entity';
import type { ConversationSession } from '../conversation-session.entity';
import { CONVERSATION_STATES } from '../conversation-states';
import { CONVERSATION_TOOLS } from '../conversation-tools';
import { standing, Turn } from '../conversation-turns.service';
import type { ConversationFilter, NewConversation, ToldConversation } from '../conversations.service';

/** What is said at once. */
export const MAX_SAID_CHARS = 10_000;
export const sessionKey = trimmedText(1, 200);
const dateTime = z.string().meta({ format: 'date-time' });
const said = storableText(1, MAX_SAID_CHARS).refine((text) => text.trim() !== '', 'must have something in it');

export class StartConversationDto extends createZodDto(
  z
    .strictObject({
      customer_id: customerKey.optional().describe('Your key of whom the agent talks to; a new one makes a customer'),
      persona: trimmedText(1, 5000).optional().describe('Who the agent is, in the place of what its scenario says'),
      prompt: trimmedText(1, 5000).optional().describe('What it is to do, in the place of what its scenario says'),
      scenario: z.string().max(100).optional().describe('A name of GET /scenarios, or a scenario_id of yours'),
    })
    .prefault({})
    .meta({ example: { customer_id: 'customer123', scenario: 'receptionist' } }),
) {}

export class ProcessConversationDto extends createZodDto(
  z
    .strictObject({
      session_id: sessionKey,
      text: said.optional().describe('What is said to the agent'),
      user_input: said.optional().describe('The same'),
    })
    .refine(({ text, user_input: input }) => (text ?? input) !== undefined, {
      path: ['text'],
      error: 'must be there',
    })
    .meta({ example: { session_id: '0b0f6a3e-7a34-4b44-9a0e-9f3f2c0f3a31', text: 'When do you open on Sundays?' } }),
) {}

const action = z.object({
  type: z.enum(CONVERSATION_TOOLS),
  arguments: z.record(z.string(), z.string()),
  ok: z.boolean(),
  detail: z.string().describe('What came of it, in a sentence'),
});

const message = z.object({
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  actions: z.array(action).describe('What the agent did while it answered'),
  was_interrupted: z.boolean().describe('Nobody waited for the rest of it'),
  created_at: dateTime,
});

const MESSAGE = {
  role: 'assistant' as const,
  text: 'We open at eleven on Sundays.',
  actions: [],
  was_interrupted: false,
  created_at: '2026-12-01T09:30:02.000Z',
};

const SESSION = {
  session_id: '0b0f6a3e-7a34-4b44-9a0e-9f3f2c0f3a31',
  conversation_id: '3f0b6a3e-7a34-4b44-9a0e-9f3f2c0f3a32',
};

const state = z.enum(CONVERSATION_STATES);

export class StartedConversationDto extends createZodDto(
  z
    .object({
      session_id: z.string(),
      conversation_id: z.uuid(),
      state,
      greeting: z.string().describe('The first words of the agent'),
      message: z.string().describe('The same'),
      created_at: dateTime,
    })
    .meta({
      example: {
        ...SESSION,
        state: 'greeting' as const,
        greeting: 'Hello, this is an automated assistant speaking on behalf of Ann. How can I help you today?',
        message: 'Hello, this is an automated assistant speaking on behalf of Ann. How can I help you today?',
        created_at: '2026-12-01T09:30:00.000Z',
      },
    }),
) {}

export class ConversationTurnDto extends createZodDto(
  z
    .object({
      session_id: z.string(),
      conversation_id: z.uuid(),
      response: z.string().describe('What the agent answered'),
      response_text: z.string().describe('The same'),
      state: state.describe('In which it answered'),
      next_state: state.describe('Where the conversation stands now'),
      actions: z.array(action).describe('What the agent did while it answered'),
      was_interrupted: z.boolean().describe('The answer is not whole'),
      history: z.array(message).describe('The last of what was said, 40 at most'),
    })
    .meta({
      example: {
        ...SESSION,
        response: MESSAGE.text,
        response_text: MESSAGE.text,
        state: 'responding' as const,
        next_state: 'listening' as const,
        actions: [],
        was_interrupted: false,
        history: [MESSAGE],
      },
    }),
) {}

const session = z.object({
  session_id: z.string(),
  conversation_id: z.uuid(),
  customer_id: z.string().nullable(),
  scenario: z.string(),
  state,
  message_count: z.int(),
  created_at: dateTime,
  active_at: dateTime.describe('When something was said last'),
  ended_at: dateTime.nullable(),
  ended_reason: z.enum(['requested', 'said_goodbye', 'idle']).nullable(),
});
const SESSION_EXAMPLE = {
  ...SESSION,
  customer_id: 'customer123',
  scenario: 'receptionist',
  state: 'listening' as const,
  message_count: 3,
  created_at: '2026-12-01T09:30:00.000Z',
  active_at: '2026-12-01T09:30:02.000Z',
  ended_at: null,
  ended_reason: null,
};

export class ConversationDto extends createZodDto(session.meta({ example: SESSION_EXAMPLE })) {}

export class WholeConversationDto extends createZodDto(
  session
    .extend({ history: z.array(message).describe('In its order; of a long one the last') })
    .meta({ example: { ...SESSION_EXAMPLE, history: [MESSAGE] } }),
) {}

export class ConversationQueryDto extends createZodDto(
  z.strictObject({ limit: wholeNumber(1, 1000).default(200).describe('How many of its messages, 1 to 1000') }),
) {}

export class ListConversationsQueryDto extends createZodDto(
  pagingQuery().extend({
    customer_id: customerKey.optional().describe('With one customer, by your key'),
    state: state.optional().describe('Where they stand'),
  }),
) {}

export function toNewConversation(body: StartConversationDto): NewConversation {
  const { customer_id: customerId, persona, prompt, scenario } = body;
  return { customerId, persona, prompt, scenario };
}

export function toConversationFilter(query: ListConversationsQueryDto): ConversationFilter {
  const { customer_id: customerId, state: inState, limit, offset } = query;
  return { customerId, state: inState, limit, offset };
}

export function toStartedDto({ session: begun, messages }: ToldConversation): StartedConversationDto {
  const greeting = messages[0]?.text ?? '';
  return {
    session_id: begun.sessionId,
    conversation_id: begun.id,
    state: begun.state,
    greeting,
    message: greeting,
    created_at: begun.createdAt.toISOString(),
  };
}

export function toTurnDto(turn: Turn, messages: readonly ConversationMessage[]): ConversationTurnDto {
  return {
    session_id: turn.sessionId,
    conversation_id: turn.conversationId,
    response: turn.text,
    response_text: turn.text,
    state: 'responding',
    next_state: turn.nextState,
    actions: turn.actions,
    was_interrupted: turn.wasInterrupted,
    history: messages.map(toMessageDto),
  };
}

export function toConversationDto(row: ConversationSession, now = new Date()): ConversationDto {
  const isLost = row.turnUntil !== null && row.turnUntil < now;
  return {
    session_id: row.sessionId,
    conversation_id: row.id,
    customer_id: row.customerId,
    scenario: row.agent.scenarioName,
    state: isLost ? standing(row) : row.state,
    message_count: row.messageCount,
    created_at: row.createdAt.toISOString(),
    active_at: row.activeAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
    ended_reason: row.endedReason,
  };
}

export function toWholeConversationDto({ session: row, messages }: ToldConversation): WholeConversationDto {
  return { ...toConversationDto(row), history: messages.map(toMessageDto) };
}

function toMessageDto({ role, text, actions, wasInterrupted, createdAt }: ConversationMessage) {
  return { role, text, actions, was_interrupted: wasInterrupted, created_at: createdAt.toISOString() };
}
