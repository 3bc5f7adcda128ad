import OpenAI from 'openai';
import { Finding, findingsOn } from '../../../common/finding';
import type { AppConfig } from '../../../config/app-config';

const TIMEOUT_MS = 15_000;
const DAY_MS = 24 * 3_600_000;
/** A model that ends sooner is worth a thought today. */
const SOON_DAYS = 90;

const key = findingsOn('OpenAI key');
const models = findingsOn('OpenAI models');

/** The key, and whether the models that are set are there, and until when. @param now moves the clock in tests */
export async function openAiCheckup({ openai }: AppConfig, now = new Date()): Promise<Finding[]> {
  const client = new OpenAI({
    apiKey: openai.apiKey,
    baseURL: openai.baseUrl,
    timeout: TIMEOUT_MS,
    organization: null,
    project: null,
  });
  const ends = new Map<string, string | null>();
  try {
    for await (const model of client.models.list()) {
      // Newer than the types: YYYY-MM-DD, or null.
      const { shutdown_date: end = null } = model as { shutdown_date?: string | null };
      ends.set(model.id, end);
    }
  } catch (error) {
    return [keyFailure(error)];
  }
  const wanted = {
    OPENAI_REALTIME_MODEL: openai.realtimeModel,
    OPENAI_TEXT_MODEL: openai.textModel,
    OPENAI_TRANSCRIPTION_MODEL: openai.transcriptionModel,
    OPENAI_SPEECH_MODEL: openai.speechModel,
  };
  return [
    key.ok('OpenAI takes it.'),
    ...Object.entries(wanted).map(([setting, model]) => modelFinding(setting, model, ends.get(model), now)),
  ];
}

function keyFailure(error: unknown): Finding {
  const status: unknown = error instanceof OpenAI.APIError ? error.status : undefined;
  if (status === 401) return key.failure('OpenAI does not know OPENAI_API_KEY: make one at platform.openai.com.');
  if (status === 403)
    return key.warning('OPENAI_API_KEY may not list models, so nobody can tell whether they are there.');
  return key.failure(`OpenAI could not be asked: ${error instanceof Error ? error.message : String(error)}`);
}

/** @param end undefined: there is no such model */
function modelFinding(setting: string, model: string, end: string | null | undefined, now: Date): Finding {
  if (end === undefined) return models.failure(`${setting}: this account has no model ${model}.`);
  if (end === null) return models.ok(`${setting}: ${model}.`);
  const daysLeft = Math.floor((Date.parse(end) - now.getTime()) / DAY_MS);
  if (daysLeft < 0) return models.failure(`${setting}: ${model} ended on ${end}. Set another.`);
  if (daysLeft <= SOON_DAYS) return models.warning(`${setting}: ${model} ends on ${end}. Set another before.`);
  return models.ok(`${setting}: ${model}, until ${end}.`);
}
