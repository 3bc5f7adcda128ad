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

/** A line of a conversation: something said, a tool that was called, or what came of it. */
export type TalkLine =
  | { role: 'user' | 'assistant'; text: string }
  | { role: 'call'; callId: string; name: string; arguments: string }
  | { role: 'result'; callId: string; output: string };

/** Something that the model can do beside talking; the parameters are a JSON Schema with an object at the top. */
export interface TalkTool {
  name: string;
  description: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** A conversation that is to go on. */
export interface Talk {
  /** Who the model is and what it is to do. */
  instructions: string;
  /** The oldest first. */
  lines: readonly TalkLine[];
  tools: readonly TalkTool[];
  /** Tokens that the answer may take, thoughts included. */
  maxOutputTokens: number;
  /** Gives the answer up, wherever it is. */
  signal: AbortSignal;
}

/** A piece of an answer, as it comes: some words, or a tool that is called with arguments in JSON. */
export type TalkPart =
  { kind: 'text'; delta: string } | { kind: 'call'; callId: string; name: string; arguments: string };

/** A model that reads and writes text. */
export abstract class LanguageModel {
  /** Asked again, it costs again. @throws LanguageModelError */
  abstract answer<Answer>(question: Question<Answer>): Promise<Answer>;

  /**
   * The model sees the schema and mostly keeps to it; whether it did is for the asker to find out.
   * @throws LanguageModelError also when the answer is no JSON object
   */
  abstract answerBySchema(question: SchemaQuestion): Promise<Record<string, unknown>>;

  /**
   * What is said next, as it is thought of. Whoever stops reading ends it.
   * @throws LanguageModelError also in the middle; whatever `signal` was given up with
   */
  abstract converse(talk: Talk): AsyncIterable<TalkPart>;
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
