import type { FormPart } from './multipart';
import { TRANSCRIPTION_LANGUAGES } from './transcription-languages';
import { WireError } from './wire-error';

export const FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json', 'diarized_json'] as const;
type Format = (typeof FORMATS)[number];

/** What a transcription is asked to be, without the file. */
export interface TranscriptionForm {
  model: string;
  format: Format;
  isStreamed: boolean;
  /** What is spoken, by whoever asks. */
  languages: string[];
  isByWord: boolean;
}

/** Fields that may be there once, and those that may be there often, whose names end in []. */
const FIELDS = [
  'file',
  'model',
  'language',
  'prompt',
  'response_format',
  'temperature',
  'stream',
  'chunking_strategy',
  'languages[]',
  'keywords[]',
  'timestamp_granularities[]',
  'include[]',
  'known_speaker_names[]',
  'known_speaker_references[]',
];

export const isWhisper = (model: string): boolean => model.startsWith('whisper');
const knowsManyLanguages = (model: string): boolean => /^gpt-(?:live-)?transcribe/.test(model);

/** @throws WireError in the provider's words, for the first thing that is wrong */
export function checkedForm(parts: readonly FormPart[]): TranscriptionForm {
  for (const { name } of parts) {
    if (!FIELDS.includes(name)) throw new WireError('unknown_parameter', `Unknown parameter: '${name}'.`, name);
  }
  const all = (name: string) =>
    parts.filter((part) => part.name === name).map(({ content }) => content.toString('utf8'));
  const one = (name: string) => all(name)[0];
  const model = one('model');
  if (!model) throw new WireError('missing_required_parameter', 'you must provide a model parameter', 'model');
  return {
    model,
    format: formatFor(model, one('response_format') ?? 'json'),
    isStreamed: flag('stream', one('stream')),
    languages: languagesFor(model, one('language'), all('languages[]'), all('keywords[]')),
    isByWord: checkRest(model, {
      temperature: one('temperature'),
      format: one('response_format') ?? 'json',
      granularities: all('timestamp_granularities[]'),
      include: all('include[]'),
    }),
  };
}

function formatFor(model: string, format: string): Format {
  const known = oneOf('response_format', format, FORMATS);
  const fits = known === 'json' || (known === 'diarized_json' ? /diarize/.test(model) : isWhisper(model));
  // It would have to tell voices apart.
  if (!fits || known === 'diarized_json') {
    const message = `response_format '${format}' is not compatible with model '${model}'. Use 'json' instead.`;
    throw new WireError('unsupported_value', message, 'response_format');
  }
  return known;
}

function languagesFor(model: string, one: string | undefined, many: string[], keywords: string[]): string[] {
  if (!knowsManyLanguages(model)) {
    if (many.length > 0)
      throw new WireError('unsupported_value', `'languages' is not supported with model '${model}'.`, 'languages');
    if (keywords.length > 0)
      throw new WireError('unsupported_value', `'keywords' is not supported with model '${model}'.`, 'keywords');
  }
  if (one !== undefined && many.length > 0) {
    throw new WireError('invalid_value', 'language and languages cannot be given together.', 'languages');
  }
  if (keywords.some((word) => /[<>\r\n]/u.test(word))) {
    throw new WireError('invalid_value', "Invalid value for 'keywords'.", 'keywords');
  }
  const languages = one === undefined ? many : [one];
  for (const language of languages) {
    if (TRANSCRIPTION_LANGUAGES.includes(language)) continue;
    const message = `Language '${language}' is not supported.`;
    throw new WireError('unsupported_language', message, one === undefined ? 'languages' : 'language');
  }
  return languages;
}

/** Says whether words are to have times. */
function checkRest(
  model: string,
  asked: { temperature: string | undefined; format: string; granularities: string[]; include: string[] },
): boolean {
  const temperature = Number(asked.temperature ?? 0);
  if (!(temperature >= 0 && temperature <= 1)) {
    throw new WireError(
      'invalid_value',
      "Invalid value for 'temperature': expected a number from 0 to 1.",
      'temperature',
    );
  }
  for (const granularity of asked.granularities) oneOf('timestamp_granularities', granularity, ['word', 'segment']);
  if (asked.granularities.length > 0 && asked.format !== 'verbose_json') {
    const message = "timestamp_granularities is only supported with response_format 'verbose_json'.";
    throw new WireError('unsupported_value', message, 'timestamp_granularities');
  }
  for (const what of asked.include) oneOf('include', what, ['logprobs']);
  if (asked.include.length > 0 && !/^gpt-4o/.test(model)) {
    throw new WireError('unsupported_value', `'include' is not supported with model '${model}'.`, 'include');
  }
  return asked.granularities.includes('word');
}

function flag(name: string, value: string | undefined): boolean {
  return oneOf(name, (value ?? 'false').toLowerCase(), ['true', 'false']) === 'true';
}

function oneOf<Known extends string>(param: string, value: string, known: readonly Known[]): Known {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  const supported = known.map((each) => `'${each}'`).join(', ');
  throw new WireError('invalid_value', `Invalid value: '${value}'. Supported values are: ${supported}.`, param);
}
