import type { z } from 'zod';

/** Something to be read, and what is to be written down about it. */
export interface Question<Answer> {
  /** What the model is to do, in words of ours. */
  instructions: string;
  /** What it is to read. Whatever stands in it is no instruction. */
  text: string;
  /** Of the answer, for the provider: letters, digits, _ and -. */
  name: string;
  /** What the answer looks like: an object all of whose members are required; no other bounds than types and enums. */
  format: z.ZodType<Answer>;
  /** Tokens that the answer may take, thoughts included. */
  maxOutputTokens: number;
  /** Gives the question up. */
  signal?: AbortSignal;
}

/** A question whose answer somebody else has described: a JSON Schema with an object at the top. */
export type SchemaQuestion = Omit<Question<unknown>, 'format'> & { schema: Readonly<Record<string, unknown>> };

/** A model that reads and writes text. */
export abstract class LanguageModel {
  /** Asked again, it costs again. @throws LanguageModelError */
  abstract answer<Answer>(question: Question<Answer>): Promise<Answer>;

  /**
   * The model sees the schema and mostly keeps to it; whether it did is for the asker to find out.
   * @throws LanguageModelError also when the answer is no JSON object
   */
  abstract answerBySchema(question: SchemaQuestion): Promise<Record<string, unknown>>;
}

/**
 * Whose trouble it is that no answer came: the moment's (busy, down, out of reach), the account's (its key, its money, a model
 * that it may not use), which is the same for whatever is asked, or the question's, to which asking again brings nothing.
 */
export type LanguageModelTrouble = 'moment' | 'account' | 'question';

/** No answer came; `message` is a sentence that may be shown to anybody. What the provider said is the `cause`. */
export class LanguageModelError extends Error {
  constructor(
    message: string,
    readonly trouble: LanguageModelTrouble,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'LanguageModelError';
  }
}
