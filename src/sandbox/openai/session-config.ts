import { z } from 'zod';
import { TRANSCRIPTION_LANGUAGES } from './transcription-languages';
import { WireError } from './wire-error';
import { checked } from './wire-schema';

/** The session object of the GA protocol (reference/openai-realtime.md section 2). Every object is strict. */

export const VOICES = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
] as const;

const audioFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('audio/pcm'), rate: z.literal(24_000).default(24_000) }),
  z.strictObject({ type: z.literal('audio/pcmu') }),
  z.strictObject({ type: z.literal('audio/pcma') }),
]);

const turnDetection = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('server_vad'),
    threshold: z.number().min(0).max(1).optional(),
    prefix_padding_ms: z.int().min(0).max(10_000).optional(),
    silence_duration_ms: z.int().min(0).max(30_000).optional(),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
    idle_timeout_ms: z.int().min(5000).max(30_000).nullable().optional(),
  }),
  z.strictObject({
    type: z.literal('semantic_vad'),
    eagerness: z.enum(['low', 'medium', 'high', 'auto']).optional(),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
  }),
]);

/** The provider refuses these characters in keywords. */
const keyword = z.string().regex(/^[^<>\r\n]*$/u);

const transcriptionLanguage = z.enum(TRANSCRIPTION_LANGUAGES);

const transcription = z
  .strictObject({
    model: z.string().min(1).optional(),
    language: transcriptionLanguage.optional(),
    languages: z.array(transcriptionLanguage).optional(),
    keywords: z.array(keyword).optional(),
    prompt: z.string().optional(),
    delay: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
  })
  .refine((value) => value.language === undefined || value.languages === undefined, {
    message: 'language and languages cannot be given together',
  });

const voice = z.union([z.enum(VOICES), z.strictObject({ id: z.string().regex(/^voice_/) })]);

export const tool = z.strictObject({
  type: z.literal('function'),
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

export const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.strictObject({ type: z.literal('function'), name: z.string() }),
]);

export const maxOutputTokens = z.union([z.int().min(1).max(4096), z.literal('inf')]);
/** Audio with its transcript, or text: never both. */
export const outputModalities = z.union([z.tuple([z.literal('audio')]), z.tuple([z.literal('text')])]);
export const reasoning = z.strictObject({ effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional() });
/** `speed` belongs to the session alone, format and voice also to a single response. */
export const responseAudio = z.strictObject({
  output: z.strictObject({ format: audioFormat.optional(), voice: voice.optional() }).optional(),
});

const sessionUpdate = z.strictObject({
  type: z.literal('realtime'),
  model: z.string().optional(),
  instructions: z.string().nullable().optional(),
  output_modalities: outputModalities.optional(),
  audio: z
    .strictObject({
      input: z
        .strictObject({
          format: audioFormat.optional(),
          noise_reduction: z
            .strictObject({ type: z.enum(['near_field', 'far_field']) })
            .nullable()
            .optional(),
          transcription: transcription.nullable().optional(),
          turn_detection: turnDetection.nullable().optional(),
        })
        .optional(),
      output: z
        .strictObject({
          format: audioFormat.optional(),
          voice: voice.optional(),
          speed: z.number().min(0.25).max(1.5).optional(),
        })
        .optional(),
    })
    .optional(),
  tools: z.array(tool).nullable().optional(),
  tool_choice: toolChoice.nullable().optional(),
  max_output_tokens: maxOutputTokens.nullable().optional(),
  truncation: z
    .union([
      z.enum(['auto', 'disabled']),
      z.strictObject({
        type: z.literal('retention_ratio'),
        retention_ratio: z.number().min(0).max(1),
        token_limits: z.strictObject({ post_instructions: z.int().min(0).optional() }).optional(),
      }),
    ])
    .optional(),
  tracing: z
    .union([
      z.literal('auto'),
      z.strictObject({
        workflow_name: z.string().optional(),
        group_id: z.string().optional(),
        metadata: z.record(z.string(), z.unknown()).optional(),
      }),
    ])
    .nullable()
    .optional(),
  prompt: z.record(z.string(), z.unknown()).nullable().optional(),
  include: z.array(z.literal('item.input_audio_transcription.logprobs')).nullable().optional(),
  reasoning: reasoning.nullable().optional(),
  parallel_tool_calls: z.boolean().optional(),
});

export type AudioFormatSpec = z.infer<typeof audioFormat>;
export type Voice = z.infer<typeof voice>;
export type Tool = z.infer<typeof tool>;
export type ToolChoice = z.infer<typeof toolChoice>;
export type MaxOutputTokens = z.infer<typeof maxOutputTokens>;
export type OutputModalities = z.infer<typeof outputModalities>;
type SessionUpdate = z.infer<typeof sessionUpdate>;
type TurnDetectionUpdate = z.infer<typeof turnDetection>;

export interface ServerVad {
  type: 'server_vad';
  threshold: number;
  prefix_padding_ms: number;
  silence_duration_ms: number;
  create_response: boolean;
  interrupt_response: boolean;
  idle_timeout_ms: number | null;
}

export interface SemanticVad {
  type: 'semantic_vad';
  eagerness: 'low' | 'medium' | 'high' | 'auto';
  create_response: boolean;
  interrupt_response: boolean;
}

export type TurnDetection = ServerVad | SemanticVad;

/** What a session runs with, complete; sent as it is in `session.created` and `session.updated`. */
export interface SessionConfig {
  type: 'realtime';
  model: string;
  instructions: string;
  output_modalities: OutputModalities;
  audio: {
    input: {
      format: AudioFormatSpec;
      noise_reduction: { type: 'near_field' | 'far_field' } | null;
      transcription: z.infer<typeof transcription> | null;
      turn_detection: TurnDetection | null;
    };
    output: { format: AudioFormatSpec; voice: Voice; speed: number };
  };
  tools: Tool[];
  tool_choice: ToolChoice;
  max_output_tokens: MaxOutputTokens;
  truncation: NonNullable<SessionUpdate['truncation']>;
  tracing: SessionUpdate['tracing'];
  prompt: Record<string, unknown> | null;
  include: SessionUpdate['include'];
  reasoning?: SessionUpdate['reasoning'];
  parallel_tool_calls?: boolean;
}

const DEFAULT_SERVER_VAD: ServerVad = {
  type: 'server_vad',
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
  idle_timeout_ms: null,
};
const DEFAULT_SEMANTIC_VAD: SemanticVad = {
  type: 'semantic_vad',
  eagerness: 'auto',
  create_response: true,
  interrupt_response: true,
};

export function defaultSession(model: string): SessionConfig {
  return {
    type: 'realtime',
    model,
    instructions: 'You are a helpful assistant. Answer briefly and in a friendly way.',
    output_modalities: ['audio'],
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: 24_000 },
        noise_reduction: null,
        transcription: null,
        turn_detection: DEFAULT_SERVER_VAD,
      },
      output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy', speed: 1 },
    },
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    truncation: 'auto',
    tracing: null,
    prompt: null,
    include: null,
  };
}

/**
 * The session after an update: absent fields stay, null and empty ones clear. Nothing is changed if anything is wrong.
 * `hasSpoken`: the model has already given audio, so its voice is settled. @throws WireError
 */
export function updatedSession(
  session: SessionConfig,
  update: unknown,
  state: { hasSpoken: boolean; isResponding: boolean },
): SessionConfig {
  if (isTranscription(update)) {
    const message = 'Passing a transcription session update event to a realtime session is not allowed.';
    throw new WireError('invalid_value', message, 'session.type');
  }
  const change = checked(sessionUpdate, update, 'session');
  if (change.model !== undefined && change.model !== session.model) {
    throw new WireError('invalid_value', 'The model of a session cannot be changed.', 'session.model');
  }
  const { input, output } = change.audio ?? {};
  const now = session.audio;
  if (state.hasSpoken && output?.voice !== undefined && !sameVoice(output.voice, now.output.voice)) {
    const message = "Cannot update a conversation's voice if assistant audio is present.";
    throw new WireError('cannot_update_voice', message, 'session.audio.output.voice');
  }
  if (state.isResponding && output?.speed !== undefined && output.speed !== now.output.speed) {
    const message = 'The speed can be changed only between model turns.';
    throw new WireError('invalid_value', message, 'session.audio.output.speed');
  }
  return {
    ...session,
    instructions: change.instructions === undefined ? session.instructions : (change.instructions ?? ''),
    output_modalities: change.output_modalities ?? session.output_modalities,
    audio: {
      input: {
        format: input?.format ?? now.input.format,
        noise_reduction: kept(input?.noise_reduction, now.input.noise_reduction),
        transcription:
          input?.transcription == null
            ? kept(input?.transcription, now.input.transcription)
            : { ...now.input.transcription, ...input.transcription },
        turn_detection: mergedTurnDetection(now.input.turn_detection, input?.turn_detection),
      },
      output: {
        format: output?.format ?? now.output.format,
        voice: output?.voice ?? now.output.voice,
        speed: output?.speed ?? now.output.speed,
      },
    },
    tools: change.tools === undefined ? session.tools : (change.tools ?? []),
    tool_choice: change.tool_choice === undefined ? session.tool_choice : (change.tool_choice ?? 'auto'),
    max_output_tokens:
      change.max_output_tokens === undefined ? session.max_output_tokens : (change.max_output_tokens ?? 'inf'),
    truncation: change.truncation ?? session.truncation,
    tracing: kept(change.tracing, session.tracing),
    prompt: kept(change.prompt, session.prompt),
    include: kept(change.include, session.include),
    ...(change.reasoning === undefined ? {} : { reasoning: change.reasoning }),
    ...(change.parallel_tool_calls === undefined ? {} : { parallel_tool_calls: change.parallel_tool_calls }),
  };
}

function kept<T>(change: T | undefined, now: T): T {
  return change === undefined ? now : change;
}

function sameVoice(a: Voice, b: Voice): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isTranscription(update: unknown): boolean {
  return typeof update === 'object' && update !== null && Reflect.get(update, 'type') === 'transcription';
}

function mergedTurnDetection(
  now: TurnDetection | null,
  change: TurnDetectionUpdate | null | undefined,
): TurnDetection | null {
  if (change === undefined) return now;
  if (change === null) return null;
  if (change.type === 'server_vad') {
    return { ...(now?.type === 'server_vad' ? now : DEFAULT_SERVER_VAD), ...defined(change) };
  }
  return { ...(now?.type === 'semantic_vad' ? now : DEFAULT_SEMANTIC_VAD), ...defined(change) };
}

/** Without members that are undefined, which would overwrite what stands there. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
