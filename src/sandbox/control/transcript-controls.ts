import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Carrier } from '../twilio/carrier';
import type { SentenceText } from '../twilio/intelligence/sentence';
import { TRANSCRIPT_STATUSES, type Transcript, type TranscriptOrder } from '../twilio/intelligence/transcript';
import type { VoiceIntelligence } from '../twilio/intelligence/voice-intelligence';
import { Refused, read } from './refusals';

/** A transcript of no recording has to be of something. */
const PLACED_MEDIA_URL = 'https://media.example.com/conversation.wav';

const status = z.enum(TRANSCRIPT_STATUSES, `must be one of: ${TRANSCRIPT_STATUSES.join(', ')}`);
/** The provider's times may be unknown. */
const time = z.number().min(0, 'must not be negative').nullable().default(null);
const sentence = z
  .strictObject({
    text: z.string().trim().min(1, 'must not be empty').max(10_000, 'must not be longer than 10,000 characters'),
    /** Counted from 1; older texts of the provider count from 0. */
    media_channel: z.number().int().min(0).max(2),
    start_time: time,
    end_time: time,
    confidence: z.number().min(0).max(1).nullable().default(null),
  })
  .refine(({ start_time: start, end_time: end }) => start === null || end === null || start <= end, {
    path: ['end_time'],
    message: 'must not be before start_time',
  });
const placedTranscript = z.strictObject({
  call_sid: z
    .string()
    .regex(/^CA[0-9a-f]{32}$/, 'must be "CA" and 32 hexadecimal digits')
    .optional(),
  /** Also one that is not there any more. */
  recording_sid: z
    .string()
    .regex(/^RE[0-9a-f]{32}$/, 'must be "RE" and 32 hexadecimal digits')
    .optional(),
  service_sid: z.string().optional(),
  status: status.default('completed'),
  language_code: z
    .string()
    .regex(/^[a-z]{2,3}-[A-Z]{2}$/, 'must be a language and a country such as en-US')
    .optional(),
  customer_key: z.string().max(64, 'must not be longer than 64 characters').optional(),
  sentences: z.array(sentence).max(20_000, 'must not be more than 20,000').default([]),
});
const moved = z.strictObject({ status });

type PlacedTranscript = z.infer<typeof placedTranscript>;
type TranscriptRequest = FastifyRequest<{ Params: { transcriptSid: string } }>;

/** Transcripts that a hand puts there, with words of its own. */
export function registerTranscriptControls(
  scope: FastifyInstance,
  { carrier, intelligence }: { carrier: Carrier; intelligence: VoiceIntelligence },
): void {
  scope.get('/transcripts', (_request, reply) => {
    return reply.send(intelligence.listTranscripts().map((transcript) => transcript.view()));
  });

  scope.post('/transcripts', (request, reply) => {
    const placed = read(placedTranscript, request.body);
    const transcript = intelligence.place(orderOf(placed), placed.sentences.map(textOf), placed.status);
    return reply.status(201).send({ transcript_sid: transcript.sid });
  });

  scope.post('/transcripts/:transcriptSid', (request: TranscriptRequest, reply) => {
    const transcript = requireTranscript(request);
    intelligence.settleByHand(transcript, read(moved, request.body).status);
    return reply.send(transcript.view());
  });

  /** The call may be one that this sandbox has never carried. */
  function orderOf(placed: PlacedTranscript): TranscriptOrder {
    const { call_sid: callSid, service_sid: serviceSid = intelligence.defaultServiceSid } = placed;
    const service = intelligence.findService(serviceSid);
    if (!service) throw new Refused(404, `There is no service ${serviceSid} in the sandbox.`);
    const ofCall = callSid === undefined ? undefined : carrier.find(callSid)?.recordings.at(-1)?.sid;
    const recordingSid = placed.recording_sid ?? ofCall;
    const customerKey = placed.customer_key ?? callSid;
    return {
      serviceSid: service.sid,
      languageCode: placed.language_code ?? service.settings.languageCode,
      redaction: service.settings.autoRedaction,
      channel: {
        media_properties: recordingSid === undefined ? { media_url: PLACED_MEDIA_URL } : { source_sid: recordingSid },
      },
      ...(recordingSid === undefined ? {} : { recordingSid }),
      ...(callSid === undefined ? {} : { callSid }),
      ...(customerKey === undefined ? {} : { customerKey }),
    };
  }

  function requireTranscript({ params }: TranscriptRequest): Transcript {
    const transcript = intelligence.findTranscript(params.transcriptSid);
    if (!transcript) throw new Refused(404, `There is no transcript ${params.transcriptSid} in the sandbox.`);
    return transcript;
  }
}

function textOf(given: PlacedTranscript['sentences'][number]): SentenceText {
  return {
    text: given.text,
    mediaChannel: given.media_channel,
    startTime: given.start_time,
    endTime: given.end_time,
    confidence: given.confidence,
  };
}
