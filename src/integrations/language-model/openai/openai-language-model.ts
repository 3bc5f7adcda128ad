import { Inject, Injectable } from '@nestjs/common';
import OpenAI from 'openai';
import { z } from 'zod';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import {
  LanguageModel,
  LanguageModelError,
  LanguageModelTrouble,
  Question,
  SchemaQuestion,
  Talk,
  TalkLine,
  TalkPart,
} from '../language-model';

/** A model that thinks first takes its time. */
const TIMEOUT_MS = 60_000;
/** Of what failed before it was answered: busy, down, out of reach. */
const MAX_RETRIES = 1;
/** Refused to the account: its key, its rights, or a model that it does not have. */
const ACCOUNT_REFUSED = new Set([401, 403, 404]);
/** Comes with 429, as a limit does that is over in a moment. */
const OUT_OF_MONEY = 'insufficient_quota';
/** What is wrong with the question itself. Other 4xx (408, 409, 429) are the moment's. */
const QUESTION_REFUSED = new Set([400, 413, 422]);

const SENTENCES: Readonly<Record<LanguageModelTrouble, string>> = {
  moment: 'The language model is busy or cannot be reached.',
  account: 'The language model cannot be used: its account, its key or its settings do not allow it.',
  question: 'The language model did not take the question.',
};

/** The Responses API, with answers in a structure (https://platform.openai.com/docs/guides/structured-outputs) and streamed ones. */
@Injectable()
export class OpenAiLanguageModel extends LanguageModel {
  private readonly client: OpenAI;
  private readonly model: string;

  constructor(@Inject(APP_CONFIG) { openai }: AppConfig) {
    super();
    this.model = openai.textModel;
    this.client = new OpenAI({
      apiKey: openai.apiKey,
      baseURL: openai.baseUrl,
      timeout: TIMEOUT_MS,
      maxRetries: MAX_RETRIES,
      // What its environment says is meant for others.
      organization: null,
      project: null,
    });
  }

  async answer<Answer>({ format, ...question }: Question<Answer>): Promise<Answer> {
    const answer = format.safeParse(await this.written(question, { schema: schemaOf(format), strict: true }));
    if (answer.success) return answer.data;
    throw notInForm();
  }

  async answerBySchema({ schema, ...question }: SchemaQuestion): Promise<Record<string, unknown>> {
    // Not strict: the provider would refuse all but a part of JSON Schema.
    const answer = await this.written(question, { schema: { ...schema }, strict: false });
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) {
      return answer as Record<string, unknown>;
    }
    throw notInForm();
  }

  async *converse({ instructions, lines, tools, maxOutputTokens, signal }: Talk): AsyncGenerator<TalkPart> {
    const request: StreamedRequest = {
      model: this.model,
      instructions,
      input: lines.map(toInputItem),
      tools: tools.map((tool) => ({
        type: 'function',
        name: tool.name,
        description: tool.description,
        parameters: { ...tool.parameters },
        strict: false,
      })),
      max_output_tokens: maxOutputTokens,
      store: false,
      stream: true,
    };
    try {
      for await (const event of await this.client.responses.create(request, { signal })) {
        if (event.type === 'response.output_text.delta') yield { kind: 'text', delta: event.delta };
        else if (event.type === 'response.output_item.done' && event.item.type === 'function_call') {
          const { call_id: callId, name, arguments: given } = event.item;
          yield { kind: 'call', callId, name, arguments: given };
        } else if (event.type === 'response.completed') return;
        // Cut off at its length: what there is can be said.
        else if (event.type === 'response.incomplete') return;
        else if (event.type === 'response.failed' || event.type === 'error') {
          throw new LanguageModelError(SENTENCES.moment, 'moment', { cause: event });
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof LanguageModelError || error instanceof OpenAI.APIError ? inOurWords(error) : broken(error);
    }
    signal.throwIfAborted();
    throw broken();
  }

  private async written(
    { instructions, text, name, maxOutputTokens, signal }: Omit<Question<unknown>, 'format'>,
    form: { schema: Record<string, unknown>; strict: boolean },
  ): Promise<unknown> {
    const request: Request = {
      model: this.model,
      instructions,
      input: text,
      max_output_tokens: maxOutputTokens,
      text: { format: { type: 'json_schema', name, ...form } },
      // Nobody is to find there later what was said on a phone.
      store: false,
    };
    const response = await this.asked(request, signal);
    if (response.status === 'incomplete') {
      throw new LanguageModelError('The language model was cut off before its answer was complete.', 'question');
    }
    if (response.error != null) throw new LanguageModelError(SENTENCES.moment, 'moment', { cause: response.error });
    return jsonOf(response.output_text);
  }

  private async asked(request: Request, signal: AbortSignal | undefined): Promise<OpenAI.Responses.Response> {
    try {
      return await this.client.responses.create(request, { signal });
    } catch (error) {
      throw inOurWords(error);
    }
  }
}

type Request = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type StreamedRequest = OpenAI.Responses.ResponseCreateParamsStreaming;

function toInputItem(line: TalkLine): OpenAI.Responses.ResponseInputItem {
  switch (line.role) {
    case 'call':
      return { type: 'function_call', call_id: line.callId, name: line.name, arguments: line.arguments };
    case 'result':
      return { type: 'function_call_output', call_id: line.callId, output: line.output };
    case 'user':
    case 'assistant':
      return { role: line.role, content: line.text };
  }
}

/** The connection ended before the answer did. */
function broken(cause?: unknown): LanguageModelError {
  return new LanguageModelError(SENTENCES.moment, 'moment', { cause });
}

/** The provider takes a part of JSON Schema only, without the dialect. */
function schemaOf(format: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(format);
  return schema;
}

function notInForm(): LanguageModelError {
  return new LanguageModelError('The language model did not answer in the form that it was asked for.', 'question');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A refusal is written in words; whoever reads the value finds that it is none.
    return undefined;
  }
}

function inOurWords(error: unknown): unknown {
  if (!(error instanceof OpenAI.APIError)) return error;
  const trouble = troubleOf(error);
  return new LanguageModelError(SENTENCES[trouble], trouble, { cause: error });
}

/** Without a status there was no answer: no connection, a time limit, or it was given up. */
function troubleOf({ status, code }: { status?: number; code?: string | null }): LanguageModelTrouble {
  if (status === undefined) return 'moment';
  if (ACCOUNT_REFUSED.has(status) || code === OUT_OF_MONEY) return 'account';
  return QUESTION_REFUSED.has(status) ? 'question' : 'moment';
}
