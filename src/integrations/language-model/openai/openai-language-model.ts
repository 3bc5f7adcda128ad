import { Inject, Injectable } from '@nestjs/common';
import OpenAI from 'openai';
import { z } from 'zod';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import { LanguageModel, LanguageModelError, Question } from '../language-model';

/** A model that thinks first takes its time. */
const TIMEOUT_MS = 60_000;
/** Of what failed before it was answered: busy, down, out of reach. */
const MAX_RETRIES = 1;
/** Too many requests: the account's limit, which is over in time unless its money is. */
const TOO_MANY = 429;
const OUT_OF_MONEY = 'insufficient_quota';
const TIMED_OUT = 408;
const CONFLICT = 409;

/** Structured answers of the Responses API: https://platform.openai.com/docs/guides/structured-outputs */
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

  async answer<Answer>({ instructions, text, name, format, maxOutputTokens }: Question<Answer>): Promise<Answer> {
    const response = await this.asked({
      model: this.model,
      instructions,
      input: text,
      max_output_tokens: maxOutputTokens,
      text: { format: { type: 'json_schema', name, schema: schemaOf(format), strict: true } },
      // Nobody is to find there later what was said on a phone.
      store: false,
    });
    if (response.status === 'incomplete') {
      throw new LanguageModelError('The language model was cut off before its answer was complete.', false);
    }
    if (response.error != null) throw new LanguageModelError(response.error.message, true);
    const answer = format.safeParse(jsonOf(response.output_text));
    if (answer.success) return answer.data;
    throw new LanguageModelError('The language model did not answer in the form that it was asked for.', false);
  }

  private async asked(request: OpenAI.Responses.ResponseCreateParamsNonStreaming) {
    try {
      return await this.client.responses.create(request);
    } catch (error) {
      throw inOurWords(error);
    }
  }
}

/** The provider takes a part of JSON Schema only, without the dialect. */
function schemaOf(format: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(format);
  return schema;
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
  if (error instanceof OpenAI.APIConnectionError) {
    return new LanguageModelError('The language model cannot be reached.', true, { cause: error });
  }
  if (!(error instanceof OpenAI.APIError)) return error;
  const { status } = error as { status: number | undefined };
  const isTemporary =
    status === undefined ||
    status >= 500 ||
    status === TIMED_OUT ||
    status === CONFLICT ||
    (status === TOO_MANY && error.code !== OUT_OF_MONEY);
  return new LanguageModelError(error.message, isTemporary, { cause: error });
}
