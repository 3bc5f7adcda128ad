import { z } from 'zod';
import type { OrderSoFar } from '../calls/live-calls.service';
import type { ToolDefinition } from '../media/call-plan';
import { AgentTool, CALENDAR_TOOLS, CalendarTool, isCalendarTool } from '../scenarios/agent';
import { MAX_TEXT_CHARS } from '../scenarios/fill-in';
import type { TextAnswer } from '../sms/call-texts.service';
import { CALENDAR_TOOL_SPECS } from './calendar-tools';
import type { CallCalendar } from './call-calendar';

/** What a tool tells the model, and what the bridge does after it. */
export interface ToolOutcome {
  output: Record<string, unknown>;
  /** `respond`: the model speaks on with the result. `end-call`: what is being said is played, then the call ends. */
  then: 'respond' | 'end-call';
}

/**
 * What a tool may do to the world. An order is written down beside the call; for an answer of the calendar the model waits,
 * and nobody else does.
 */
export interface ToolEffects {
  recordOrder(order: OrderSoFar): void;
  /** Absent where none is connected. */
  calendar?: CallCalendar;
  /** To the person on the line. */
  sendText(toolCallId: string, body: string): Promise<TextAnswer>;
}

interface Tool {
  definition: ToolDefinition;
  run(args: unknown, effects: ToolEffects, toolCallId: string): ToolOutcome | Promise<ToolOutcome>;
}

const orderArguments = z.object({
  items: z
    .array(
      z.object({
        name: z.string().min(1).max(200),
        quantity: z.number().int().min(1).max(999).default(1),
        notes: z.string().max(500).nullish(),
      }),
    )
    .max(100),
  customer_name: z.string().max(200).nullish(),
  delivery_address: z.string().max(500).nullish(),
});

const textArguments = z.object({ body: z.string().trim().min(1).max(MAX_TEXT_CHARS) });

const TOOLS: Record<AgentTool, Tool> = {
  ...(Object.fromEntries(CALENDAR_TOOLS.map((name) => [name, calendarTool(name)])) as Record<CalendarTool, Tool>),
  end_call: {
    definition: {
      name: 'end_call',
      description:
        'Ends the phone call. Call it after you have said goodbye, when the conversation is over or the other person wants to hang up.',
      parameters: {
        type: 'object',
        properties: { reason: { type: 'string', description: 'Why the call is over, in a few words.' } },
        required: [],
      },
    },
    run: () => ({ output: { ok: true }, then: 'end-call' }),
  },
  send_text: {
    definition: {
      name: 'send_text',
      description:
        'Texts something to the phone of the person on the line, such as an address or a link. Nobody else can be texted. Texting the same again sends nothing twice.',
      parameters: {
        type: 'object',
        properties: { body: { type: 'string', description: 'What the text says, in full; 1,600 characters at most.' } },
        required: ['body'],
      },
    },
    run(args, effects, toolCallId) {
      const { body } = textArguments.parse(args);
      return effects.sendText(toolCallId, body).then((output) => ({ output: { ...output }, then: 'respond' }));
    },
  },
  record_order: {
    definition: {
      name: 'record_order',
      description: 'Records the whole order as it stands now; an earlier record is replaced.',
      parameters: {
        type: 'object',
        properties: {
          items: {
            type: 'array',
            description: 'Everything ordered so far.',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string', description: 'The dish or drink.' },
                quantity: { type: 'integer', minimum: 1 },
                notes: { type: 'string', description: 'Wishes such as "without onions".' },
              },
              required: ['name', 'quantity'],
            },
          },
          customer_name: { type: 'string' },
          delivery_address: { type: 'string' },
        },
        required: ['items'],
      },
    },
    run(args, effects) {
      const order = orderArguments.parse(args);
      effects.recordOrder({
        items: order.items.map(({ name, quantity, notes }) => ({ name, quantity, ...(notes ? { notes } : {}) })),
        ...(order.customer_name ? { customerName: order.customer_name } : {}),
        ...(order.delivery_address ? { deliveryAddress: order.delivery_address } : {}),
      });
      return { output: { recorded: true, items: order.items.length }, then: 'respond' };
    },
  },
};

/** What an agent has of its tools where no calendar can be used. */
export function withoutCalendar(tools: readonly AgentTool[]): AgentTool[] {
  return tools.filter((tool) => !isCalendarTool(tool));
}

export function toolDefinitions({ tools }: { tools: readonly AgentTool[] }): ToolDefinition[] {
  return tools.map((name) => TOOLS[name].definition);
}

/**
 * Runs one tool call of the model. What the model got wrong goes back to it as words, so that it can mend it. What has to be
 * asked for elsewhere is answered later, and not thrown either.
 */
export function runTool(
  { tools }: { tools: readonly AgentTool[] },
  { name, argumentsJson, toolCallId }: { name: string; argumentsJson: string; toolCallId: string },
  effects: ToolEffects,
): ToolOutcome | Promise<ToolOutcome> {
  const tool = tools.find((allowed) => allowed === name);
  if (tool === undefined) return refusal(`There is no tool named ${name} in this call.`);
  let args: unknown;
  try {
    args = argumentsJson.trim() === '' ? {} : JSON.parse(argumentsJson);
  } catch (error) {
    if (error instanceof SyntaxError) return refusal('The arguments were not valid JSON.');
    throw error;
  }
  try {
    return TOOLS[tool].run(args, effects, toolCallId);
  } catch (error) {
    if (error instanceof z.ZodError) return refusal(`The arguments do not fit: ${z.prettifyError(error)}`);
    throw error;
  }
}

function calendarTool(name: CalendarTool): Tool {
  const { description, properties, required, run } = CALENDAR_TOOL_SPECS[name];
  return {
    definition: { name, description, parameters: { type: 'object', properties, required } },
    run(args, { calendar }, toolCallId) {
      if (calendar === undefined) return refusal('No calendar is connected.');
      return run(args, calendar, toolCallId).then((output) => ({ output, then: 'respond' }));
    },
  };
}

function refusal(sentence: string): ToolOutcome {
  return { output: { ok: false, error: sentence }, then: 'respond' };
}
