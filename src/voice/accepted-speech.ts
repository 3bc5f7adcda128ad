import { SPEECH_FORMATS, SPEECH_TYPES, SpeechFormat } from '../integrations/speech/speech-encoding';

/** What an `Accept` header asks for (RFC 9110, section 12.5.1): audio, in this format if it names one; null: JSON. */
export function acceptedSpeech(accept: string | undefined): { format: SpeechFormat | null } | null {
  const ranges = (accept ?? '').split(',').map(rangeOf);
  const best = (fits: (type: string) => boolean) =>
    ranges.filter(({ type, weight }) => fits(type) && weight > 0).sort((a, b) => b.weight - a.weight)[0];
  const audio = best((type) => type.startsWith('audio/'));
  const json = best((type) => type === 'application/json');
  if (audio === undefined || (json !== undefined && json.weight > audio.weight)) return null;
  const named = SPEECH_FORMATS.find((format) => NAMES[format].includes(audio.type));
  return { format: named ?? null };
}

const NAMES: Readonly<Record<SpeechFormat, readonly string[]>> = {
  mp3: [SPEECH_TYPES.mp3, 'audio/mp3'],
  wav: [SPEECH_TYPES.wav, 'audio/x-wav', 'audio/wave'],
  pcm: [SPEECH_TYPES.pcm],
};

function rangeOf(range: string): { type: string; weight: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return { type, weight: Number.isFinite(weight) ? weight : 0 };
}
