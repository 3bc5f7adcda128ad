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
}

/** A model that reads and writes text. */
export abstract class LanguageModel {
  /** Asked again, it costs again. @throws LanguageModelError */
  abstract answer<Answer>(question: Question<Answer>): Promise<Answer>;
}

/** No answer came; `message` is a sentence that may be shown. */
export class LanguageModelError extends Error {
  constructor(
    message: string,
    /** Whether the same question can do better later. */
    readonly isTemporary: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'LanguageModelError';
  }
}
