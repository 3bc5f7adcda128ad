import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { think } from './brain/brain';
import type { BrainPart, BrainTool, BrainTurn } from './brain/brain.port';
import type { Faults } from './faults.port';
import { refuseUnlessStrict } from './strict-schema';
import { structuredAnswer } from './structured-answer';
import { textTokens } from './usage';
import { WireError } from './wire-error';
import { wireId } from './wire-id';
import { checked } from './wire-schema';

/** Between two words. */
const WORD_MS = 10;

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const content = z.union([z.string(), z.array(part), z.null()]);
const chatTool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
});
const toolChoice = z.union([z.enum(['auto', 'none', 'required']), z.record(z.string(), z.unknown())]).optional();
const jsonSchema = z.looseObject({
  name: z.string().optional(),
  schema: z.record(z.string(), z.unknown()).optional(),
  strict: z.boolean().nullable().optional(),
});

const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
        content: content.optional(),
        tool_call_id: z.string().optional(),
        tool_calls: z
          .array(
            z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string(), arguments: z.string() }) }),
          )
          .optional(),
      }),
    )
    .min(1),
  response_format: z.looseObject({ type: z.string(), json_schema: jsonSchema.optional() }).optional(),
  tools: z.array(chatTool).optional(),
  tool_choice: toolChoice,
  stream: z.boolean().nullable().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullable().optional(),
});

const inputItem = z.looseObject({
  type: z.string().optional(),
  role: z.enum(['system', 'developer', 'user', 'assistant']).optional(),
  content: content.optional(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.string().optional(),
  output: z.string().optional(),
});

const responsesRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(inputItem)]),
  instructions: z.string().nullable().optional(),
  text: z.looseObject({ format: jsonSchema.extend({ type: z.string() }).optional() }).optional(),
  tools: z
    .array(
      z.looseObject({
        type: z.string(),
        name: z.string().optional(),
        description: z.string().nullable().optional(),
        parameters: z.record(z.string(), z.unknown()).nullable().optional(),
      }),
    )
    .optional(),
  tool_choice: toolChoice,
  stream: z.boolean().nullable().optional(),
});

interface Question {
  turns: BrainTurn[];
  instructions: string;
  tools: BrainTool[];
  toolChoice: z.infer<typeof toolChoice>;
  /** The schema that the answer must conform to. */
  schema: Record<string, unknown> | undefined;
  wantsJson: boolean;
}

/** POST /v1/responses and /v1/chat/completions, answered by the same model as the Realtime sessions. */
export function registerText(app: FastifyInstance, faults: Faults): void {
  app.post('/v1/responses', (request, reply) => respond(checked(responsesRequest, request.body, ''), reply, faults));
  app.post('/v1/chat/completions', (request, reply) => complete(checked(chatRequest, request.body, ''), reply, faults));
}

function answerTo(question: Question): BrainPart[] {
  const { turns, instructions, tools, schema, wantsJson } = question;
  if (wantsJson) {
    const text = turns.flatMap((turn) => ('text' in turn ? [turn.text] : [])).join('\n');
    return [{ kind: 'say', text: JSON.stringify(schema ? structuredAnswer(schema, turns) : { text }) }];
  }
  const choice = question.toolChoice;
  const named = typeof choice === 'object' ? (nestedName(choice) ?? '') : undefined;
  return think({
    sessionInstructions: instructions,
    responseInstructions: '',
    turns,
    tools,
    toolChoice:
      named === undefined ? (typeof choice === 'string' ? choice : 'auto') : { type: 'function', name: named },
  });
}

function nestedName(choice: Record<string, unknown>): string | undefined {
  const inner = choice['function'];
  const name: unknown = typeof inner === 'object' && inner !== null ? Reflect.get(inner, 'name') : choice['name'];
  return typeof name === 'string' ? name : undefined;
}

function textOf(value: z.infer<typeof content> | undefined): string {
  if (typeof value === 'string') return value;
  return (value ?? [])
    .map((one) => one.text ?? '')
    .filter(Boolean)
    .join(' ');
}

function respond(request: z.infer<typeof responsesRequest>, reply: FastifyReply, faults: Faults): FastifyReply {
  const items = typeof request.input === 'string' ? [{ role: 'user' as const, content: request.input }] : request.input;
  const turns: BrainTurn[] = [];
  const told = [request.instructions ?? ''];
  for (const item of items) {
    const { call_id: callId = '', name = '', arguments: args = '', output = '' } = item as z.infer<typeof inputItem>;
    const type = 'type' in item ? item.type : undefined;
    if (type === 'function_call') turns.push({ role: 'call', name, callId, arguments: args });
    else if (type === 'function_call_output') turns.push({ role: 'result', callId, output });
    else if (item.role === 'system' || item.role === 'developer') told.push(textOf(item.content));
    else turns.push({ role: item.role ?? 'user', text: textOf(item.content) });
  }
  const instructions = told.filter(Boolean).join('\n');
  const format = request.text?.format;
  refuseUnlessStrict(format, 'text.format.schema');
  const parts = answerTo({
    turns,
    instructions,
    tools: (request.tools ?? []).map((tool) => ({
      name: tool.name ?? '',
      description: tool.description ?? '',
      parameters: tool.parameters ?? {},
    })),
    toolChoice: request.tool_choice,
    schema: format?.type === 'json_schema' ? format.schema : undefined,
    wantsJson: format?.type === 'json_schema' || format?.type === 'json_object',
  });
  const output = parts.map((one) =>
    one.kind === 'call'
      ? {
          id: wireId('fc'),
          type: 'function_call',
          status: 'completed',
          call_id: wireId('call'),
          name: one.name,
          arguments: JSON.stringify(one.arguments),
        }
      : {
          id: wireId('msg'),
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: one.text, annotations: [] }],
        },
  );
  const response = {
    id: wireId('resp'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'completed',
    model: request.model,
    output,
    usage: usageOf(instructions, turns, parts),
    error: null,
    incomplete_details: null,
  };
  if (!request.stream) return reply.send(response);
  const started = { ...response, status: 'in_progress', output: [], usage: null };
  const events: Record<string, unknown>[] = [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
  ];
  output.forEach((item, index) => events.push(...itemEvents(item, index)));
  events.push({ type: 'response.completed', response });
  const lines = events.map((event, sequence) => {
    const data = JSON.stringify({ ...event, sequence_number: sequence });
    return `event: ${String(event['type'])}\ndata: ${data}\n\n`;
  });
  return written(reply, lines, faults);
}

function itemEvents(item: Record<string, unknown> & { id: string }, index: number): Record<string, unknown>[] {
  const at = { item_id: item.id, output_index: index };
  const added = {
    type: 'response.output_item.added',
    output_index: index,
    item: { ...item, status: 'in_progress', content: [] },
  };
  const done = { type: 'response.output_item.done', output_index: index, item };
  const spoken = (item['content'] as { text: string }[] | undefined)?.[0];
  if (!spoken) {
    const args = item['arguments'];
    return [
      added,
      { type: 'response.function_call_arguments.delta', ...at, delta: args },
      { type: 'response.function_call_arguments.done', ...at, arguments: args },
      done,
    ];
  }
  const place = { ...at, content_index: 0 };
  return [
    added,
    { type: 'response.content_part.added', ...place, part: { type: 'output_text', text: '', annotations: [] } },
    ...pieces(spoken.text).map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text: spoken.text },
    { type: 'response.content_part.done', ...place, part: spoken },
    done,
  ];
}

function complete(request: z.infer<typeof chatRequest>, reply: FastifyReply, faults: Faults): FastifyReply {
  const turns: BrainTurn[] = [];
  const told: string[] = [];
  for (const message of request.messages) {
    const text = textOf(message.content);
    if (message.role === 'system' || message.role === 'developer') told.push(text);
    else if (message.role === 'tool') turns.push({ role: 'result', callId: message.tool_call_id ?? '', output: text });
    else {
      if (text !== '') turns.push({ role: message.role, text });
      for (const call of message.tool_calls ?? []) {
        turns.push({ role: 'call', name: call.function.name, callId: call.id, arguments: call.function.arguments });
      }
    }
  }
  const format = request.response_format;
  refuseUnlessStrict(format?.json_schema, 'response_format');
  const parts = answerTo({
    turns,
    instructions: told.join('\n'),
    tools: (request.tools ?? []).map(({ function: tool }) => ({
      name: tool.name,
      description: tool.description ?? '',
      parameters: tool.parameters ?? {},
    })),
    toolChoice: request.tool_choice,
    schema: format?.json_schema?.schema,
    wantsJson: format?.type === 'json_schema' || format?.type === 'json_object',
  });
  const text = parts.flatMap((one) => (one.kind === 'say' ? [one.text] : [])).join(' ');
  const calls = parts.flatMap((one) =>
    one.kind === 'call'
      ? [
          {
            id: wireId('call'),
            type: 'function',
            function: { name: one.name, arguments: JSON.stringify(one.arguments) },
          },
        ]
      : [],
  );
  const billed = usageOf(told.join('\n'), turns, parts);
  const usage = {
    prompt_tokens: billed.input_tokens,
    completion_tokens: billed.output_tokens,
    total_tokens: billed.total_tokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
  const head = { id: wireId('chatcmpl'), created: Math.floor(Date.now() / 1000), model: request.model };
  const finish = calls.length > 0 ? 'tool_calls' : 'stop';
  if (!request.stream) {
    const message = {
      role: 'assistant',
      content: text === '' ? null : text,
      refusal: null,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    return reply.send({ ...head, object: 'chat.completion', choices, usage });
  }
  const chunk = (delta: Record<string, unknown>, finishReason: string | null = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  });
  const chunks: Record<string, unknown>[] = [
    chunk({ role: 'assistant', content: '' }),
    ...pieces(text).map((delta) => chunk({ content: delta })),
    ...calls.map((call, index) => chunk({ tool_calls: [{ index, ...call }] })),
    chunk({}, finish),
  ];
  if (request.stream_options?.include_usage)
    chunks.push({ ...head, object: 'chat.completion.chunk', choices: [], usage });
  return written(reply, [...chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`), 'data: [DONE]\n\n'], faults);
}

function pieces(text: string): string[] {
  return text.match(/\s*\S+/gu) ?? [];
}

/** As a model writes: a word at a time. The fault cut_stream ends the connection in the middle. */
function written(reply: FastifyReply, events: string[], faults: Faults): FastifyReply {
  const isCut = faults.take('openai', 'cut_stream') !== undefined;
  const cutAt = Math.ceil(events.length / 2);
  async function* paced(): AsyncGenerator<string> {
    for (const [at, event] of events.entries()) {
      if (isCut && at === cutAt) {
        reply.raw.destroy();
        return;
      }
      yield event;
      await sleep(WORD_MS);
    }
  }
  return sendEvents(reply, Readable.from(paced()));
}

/** Server-sent events, one write an event. */
export function stream(reply: FastifyReply, events: string[]): FastifyReply {
  return sendEvents(reply, Readable.from(events));
}

function sendEvents(reply: FastifyReply, events: Readable): FastifyReply {
  return reply.header('content-type', 'text/event-stream; charset=utf-8').send(events);
}

function usageOf(instructions: string, turns: BrainTurn[], parts: BrainPart[]) {
  const input = textTokens(instructions + JSON.stringify(turns));
  const output = textTokens(JSON.stringify(parts));
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

/** A model id that the provider would not know. @throws WireError */
export function requireModel(model: string, isKnown: boolean): void {
  if (isKnown) return;
  throw new WireError(
    'model_not_found',
    `The model '${model}' does not exist or you do not have access to it.`,
    'model',
  );
}
