import { z } from 'zod';
import { invalidParameter, isWebAddress } from '../form-fields';
import { TwilioRefusal } from '../twilio-refusal';

const MAX_CUSTOMER_KEY_CHARACTERS = 64;

const participant = z.looseObject({
  channel_participant: z.union([z.literal(1), z.literal(2)], 'must be 1 or 2'),
  role: z.string().nullish(),
  user_id: z.string().nullish(),
  full_name: z.string().nullish(),
  email: z.string().nullish(),
  media_participant_id: z.string().nullish(),
  image_url: z.string().nullish(),
});
const channel = z.looseObject({
  media_properties: z.looseObject({ source_sid: z.string().nullish(), media_url: z.string().nullish() }),
  participants: z.array(participant).nullish(),
});

/** Where the audio is and who speaks on which of its channels, kept and shown as it was given. */
export type TranscriptChannel = z.infer<typeof channel>;

export interface TranscriptForm {
  serviceSid: string;
  channel: TranscriptChannel;
  source: { recordingSid: string } | { mediaUrl: string };
  customerKey: string | undefined;
  mediaStartTimeMs: number | undefined;
}

/** The form of `POST Transcripts` (reference/twilio.md section 9). @throws TwilioRefusal */
export function readTranscriptForm(form: URLSearchParams): TranscriptForm {
  const serviceSid = required(form, 'ServiceSid');
  if (!/^GA[0-9a-fA-F]{32}$/.test(serviceSid)) throw invalidParameter('ServiceSid', serviceSid);
  const read = readChannel(required(form, 'Channel'));
  const customerKey = form.get('CustomerKey') || undefined;
  if (customerKey !== undefined && customerKey.length > MAX_CUSTOMER_KEY_CHARACTERS) {
    throw new TwilioRefusal(20001, `CustomerKey cannot be longer than ${MAX_CUSTOMER_KEY_CHARACTERS} characters.`);
  }
  const startTime = form.get('MediaStartTime');
  return {
    serviceSid,
    channel: read,
    source: sourceOf(read),
    customerKey,
    mediaStartTimeMs: startTime ? readTime('MediaStartTime', startTime) : undefined,
  };
}

/** @throws TwilioRefusal */
export function readTime(field: string, written: string): number {
  const atMs = Date.parse(written);
  if (!/^\d{4}-\d\d-\d\d/.test(written) || Number.isNaN(atMs)) {
    throw new TwilioRefusal(20001, `${field} is not an ISO 8601 date: ${written}`);
  }
  return atMs;
}

function required(form: URLSearchParams, field: string): string {
  const written = form.get(field);
  if (!written) throw new TwilioRefusal(20001, `Missing required parameter ${field} in the post body`);
  return written;
}

function readChannel(written: string): TranscriptChannel {
  let json: unknown;
  try {
    json = JSON.parse(written);
  } catch {
    throw new TwilioRefusal(20001, 'Channel is not valid JSON.');
  }
  const parsed = channel.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new TwilioRefusal(20001, `Channel: ${issue?.path.join('.')} ${issue?.message ?? 'is not valid'}`);
}

function sourceOf({ media_properties: media }: TranscriptChannel): TranscriptForm['source'] {
  const { source_sid: recordingSid, media_url: mediaUrl } = media;
  if (recordingSid && mediaUrl) {
    throw new TwilioRefusal(20001, 'Channel: media_properties can have source_sid or media_url, not both.');
  }
  if (recordingSid) {
    if (!/^RE[0-9a-fA-F]{32}$/.test(recordingSid)) throw invalidParameter('source_sid', recordingSid);
    return { recordingSid };
  }
  if (!mediaUrl) throw new TwilioRefusal(95006, 'Media url is empty, and no recording is specified.');
  if (!isWebAddress(mediaUrl)) throw invalidParameter('media_url', mediaUrl);
  return { mediaUrl };
}
