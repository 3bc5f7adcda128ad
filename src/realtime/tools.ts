import { z } from 'zod';
import type { OrderSoFar } from '../calls/live-calls.service';
import type { ToolDefinition } from '../media/call-plan';
import type { Agent } from '../scenarios/agent';

/** What a tool tells the model, and what the bridge does after it. */
export interface ToolOutcome {
  output: Record<string, unknown>;
  /** `respond`: the model speaks on with the result. `end-call`: what is being said is played, then the call ends. */
  then: 'respond' | 'end-call';
}

/** What a tool may do to the world. Nothing here is waited for: the caller on the phone is. */
export interface ToolEffects {
  recordOrder(order: OrderSoFar): void;
}

interface Tool {
  definition: ToolDefinition;
  run(args: unknown, effects: ToolEffects): ToolOutcome;
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

const TOOLS: Record<Agent['tools'][number], Tool> = {
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

export function toolDefinitions(agent: Agent): ToolDefinition[] {
  return agent.tools.map((name) => TOOLS[name].definition);
}

/** Runs one tool call of the model. What the model got wrong goes back to it as words, so that it can mend it. */
export function runTool(agent: Agent, name: string, argumentsJson: string, effects: ToolEffects): ToolOutcome {
  const tool = agent.tools.find((allowed) => allowed === name);
  if (tool === undefined) return refusal(`There is no tool named ${name} in this call.`);
  let args: unknown;
  try {
    args = argumentsJson.trim() === '' ? {} : JSON.parse(argumentsJson);
  } catch (error) {
    if (error instanceof SyntaxError) return refusal('The arguments were not valid JSON.');
    throw error;
  }
  try {
    return TOOLS[tool].run(args, effects);
  } catch (error) {
    if (error instanceof z.ZodError) return refusal(`The arguments do not fit: ${z.prettifyError(error)}`);
    throw error;
  }
}

function refusal(sentence: string): ToolOutcome {
  return { output: { ok: false, error: sentence }, then: 'respond' };
}
