import { z } from 'zod';

/** A message of the platform's server into a bidirectional stream, understood. */
export type StreamMessage =
  { event: 'media'; audio: Buffer } | { event: 'mark'; name: string } | { event: 'clear' } | { problem: string };

const streamSid = z.string();
const message = z.discriminatedUnion('event', [
  z.object({ event: z.literal('media'), streamSid, media: z.object({ payload: z.string() }) }),
  z.object({ event: z.literal('mark'), streamSid, mark: z.object({ name: z.string().min(1) }) }),
  z.object({ event: z.literal('clear'), streamSid }),
]);

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** `RIFF` in base64: audio must come without a file header. */
const WAV_HEADER = 'UklGR';

/** Reads one text message, or says in a sentence why Twilio would end the stream over it (code 31924). */
export function parseStreamMessage(text: string, expectedStreamSid: string): StreamMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: 'A message that is not JSON.' };
  }
  const parsed = message.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { problem: `A message that is not valid: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() };
  }
  const read = parsed.data;
  if (read.streamSid !== expectedStreamSid) return { problem: 'A message with the streamSid of another stream.' };
  switch (read.event) {
    case 'media': {
      const { payload } = read.media;
      if (payload.length % 4 !== 0 || !BASE64.test(payload)) return { problem: 'A media payload that is not base64.' };
      if (payload.startsWith(WAV_HEADER)) return { problem: 'A media payload with a WAV header.' };
      return { event: 'media', audio: Buffer.from(payload, 'base64') };
    }
    case 'mark':
      return { event: 'mark', name: read.mark.name };
    case 'clear':
      return { event: 'clear' };
  }
}
