/** The voices of OpenAI's Realtime API, as its session accepts them. */
export const OPENAI_VOICES = [
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

export type OpenAiVoice = (typeof OPENAI_VOICES)[number];

interface VoiceType {
  voice: OpenAiVoice;
  description: string;
}

/** The product's own names for voices: what a voice is like, not what a vendor calls it. */
export const VOICE_TYPES: Readonly<Record<string, VoiceType>> = {
  aggressive_male: { voice: 'ash', description: 'Insistent and direct, a male voice' },
  concerned_female: { voice: 'coral', description: 'Caring and attentive, a female voice' },
  elderly_female: { voice: 'shimmer', description: 'Calm and aged, a female voice' },
  professional_neutral: { voice: 'alloy', description: 'Businesslike and neutral' },
  gentle_supportive: { voice: 'echo', description: 'Soft and encouraging' },
  warm_engaging: { voice: 'ballad', description: 'Warm and inviting' },
  deep_authoritative: { voice: 'sage', description: 'Deep and assured' },
  energetic_upbeat: { voice: 'verse', description: 'Lively and cheerful' },
  clear_optimistic: { voice: 'marin', description: 'Bright and distinct' },
  calm_confident: { voice: 'cedar', description: 'Unhurried and confident' },
};

/** Everything that `voice_type` may be: our names and the vendor's own. */
export const VOICE_TYPE_NAMES: readonly string[] = [...Object.keys(VOICE_TYPES), ...OPENAI_VOICES];

/** The vendor's voice behind a `voice_type`; undefined when there is none of that name. */
export function voiceOf(voiceType: string): OpenAiVoice | undefined {
  if (Object.hasOwn(VOICE_TYPES, voiceType)) return VOICE_TYPES[voiceType]?.voice;
  return OPENAI_VOICES.find((voice) => voice === voiceType);
}
