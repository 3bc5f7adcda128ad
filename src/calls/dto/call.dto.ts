import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CALL_OUTCOMES } from '../call-outcome';
import { CALL_STATUSES } from '../call-status';
import { CALL_DIRECTIONS, type Voicemail } from '../call.entity';
import type { CallWithTurns, ToldAction } from '../calls.repository';
import { DIAL_STATES } from '../dial-ledger';
import { ENDED_REASONS } from '../ended-reason';
import type { Turn } from '../turn.entity';

const dateTime = z.string().meta({ format: 'date-time' });
const jsonObject = z.record(z.string(), z.unknown());

const transcriptTurn = z.object({
  role: z.enum(['agent', 'customer', 'operator']),
  text: z.string().describe('What was heard'),
  generated_text: z.string().nullable().describe('What the model had made; null where nothing was generated'),
  start_time: z.number().describe('Seconds since the answer'),
  end_time: z.number(),
  interrupted: z.boolean(),
  latency_ms: z.int().nullable().describe('From the end of the speech before to the first audio'),
});

/** Something that the agent did to the world on a call. */
export const callAction = z
  .object({
    tool: z.string().describe('As the agent calls it: book_event, move_event or cancel_event'),
    ok: z.boolean().describe('False where it was not done, or nobody knows yet'),
    outcome: z.string().describe('What came of it, in a sentence'),
    at: z.number().describe('Seconds since the answer'),
    event_id: z.string().nullable().describe('In the calendar'),
  })
  .meta({
    example: {
      tool: 'book_event',
      ok: true,
      outcome: 'Booked “Meeting with Anna” on Wednesday, 2 December 2026, 15:00-16:00 (Europe/Berlin)',
      at: 21.5,
      event_id: 'b8u3s9q1d0k2m4n6p8r0t2v4a6c8e0g2',
    },
  });

const latency = z.object({
  turns: z.int().describe('Turns that were measured'),
  p50_ms: z.int().nullable(),
  p95_ms: z.int().nullable(),
  max_ms: z.int().nullable(),
});

const voicemail = z
  .object({
    detected_by: z
      .enum(['carrier', 'words', 'both'])
      .describe('What gave the machine away: Twilio, the words of its greeting, or both'),
    message_left: z.boolean().describe('Whether the message of the scenario was spoken to its end'),
    message: z.string().nullable().describe('What was said to the machine; null where nothing was'),
  })
  .meta({
    example: {
      detected_by: 'both',
      message_left: true,
      message: 'Hello, this is an automated assistant speaking on behalf of Demo Company. Please call us back.',
    },
  });

const cost = z.object({
  carrier_price: z.number().nullable().describe('What Twilio charged; null until it says'),
  carrier_currency: z.string().nullable(),
  model_usage: jsonObject.nullable().describe('Tokens that the model billed; null until the call is over'),
});

const callSchema = z.object({
  id: z.uuid(),
  call_sid: z.string().nullable().describe('Null until Twilio has told it'),
  direction: z.enum(CALL_DIRECTIONS),
  status: z.enum(CALL_STATUSES),
  ended_reason: z.enum(ENDED_REASONS).nullable().describe('Why it ended, or is being ended'),
  phone_number: z.string().describe('`browser` where there was no phone'),
  from_number: z.string(),
  scenario_name: z.string(),
  created_at: dateTime,
  queue_time_ms: z
    .int()
    .nullable()
    .describe(
      'For how long Twilio said that it would wait before it dials: it queues what is more than its calls per second',
    ),
  started_at: dateTime.nullable().describe('When Twilio began to dial'),
  answered_at: dateTime.nullable(),
  ended_at: dateTime.nullable(),
  call_duration: z.int().nullable().describe('Seconds from the answer to the end'),
  max_duration_seconds: z.int(),
  answered_by: z
    .string()
    .nullable()
    .describe(
      'What Twilio made of who answered: human, machine_start, machine_end_beep, machine_end_silence, machine_end_other, fax or unknown; null until it says',
    ),
  voicemail: voicemail
    .nullable()
    .describe('Null unless a machine was found out to have answered; may differ from answered_by, which can be wrong'),
  audio_url: z
    .string()
    .nullable()
    .describe('Where the recording is played, without a token, for some hours; null while there is none'),
  transcript: z
    .array(transcriptTurn)
    .describe('In the order in which the turns began; turns may overlap, where somebody talked over somebody'),
  actions: z.array(callAction).describe('What the agent did to the world while it talked, in order'),
  order_items: z.array(z.unknown()).nullable(),
  restaurant_id: z.string().nullable(),
  customer_name: z.string().nullable(),
  delivery_address: z.string().nullable(),
  notes: z.string().nullable(),
  extracted: jsonObject.nullable().describe('What the extraction_schema of the scenario asks for; fits it'),
  extraction_error: z.string().nullable().describe('Why nothing was extracted although the scenario asks for it'),
  summary: z.string().nullable(),
  outcome: z
    .enum(CALL_OUTCOMES)
    .nullable()
    .describe('What became of what the call was for; null until the call has been read'),
  outcome_reason: z.string().nullable().describe('In a sentence'),
  open_promises: z.array(z.string()).describe('What the agent promised and nothing that was done keeps'),
  analysed_at: dateTime.nullable().describe('When summary, outcome and the like were made'),
  analysis_error: z.string().nullable().describe('Why they could not be made yet, or at all'),
  cost,
  latency,
  variables: z.record(z.string(), z.string()),
  metadata: jsonObject,
  record: z.boolean(),
  spoken_language: z
    .string()
    .nullable()
    .describe('What the other person spoke, such as es; null until they have said enough'),
  is_demo: z.boolean().describe('Somebody tried the demo of a number'),
  dial_state: z.enum(DIAL_STATES).describe('unknown: it could not be found out whether the call was placed'),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  updated_at: dateTime,
});

export class CallDto extends createZodDto(
  callSchema.meta({
    example: {
      id: '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1',
      call_sid: 'CA0123456789abcdef0123456789abcdef',
      direction: 'outbound',
      status: 'completed',
      ended_reason: 'customer_hung_up',
      phone_number: '+12025550100',
      from_number: '+12025550000',
      scenario_name: 'sales',
      created_at: '2026-11-21T09:30:00.000Z',
      queue_time_ms: 0,
      started_at: '2026-11-21T09:30:01.000Z',
      answered_at: '2026-11-21T09:30:05.000Z',
      ended_at: '2026-11-21T09:30:47.000Z',
      call_duration: 42,
      max_duration_seconds: 1800,
      answered_by: 'human',
      voicemail: null,
      audio_url: null,
      transcript: [
        {
          role: 'agent',
          text: 'Hello, this is an automated assistant speaking on behalf of Demo Company.',
          generated_text: 'Hello, this is an automated assistant speaking on behalf of Demo Company.',
          start_time: 0.4,
          end_time: 4.1,
          interrupted: false,
          latency_ms: null,
        },
      ],
      actions: [],
      order_items: null,
      restaurant_id: null,
      customer_name: null,
      delivery_address: null,
      notes: null,
      extracted: null,
      extraction_error: null,
      summary: 'Sam was offered the spring plan and wants to think about it.',
      outcome: 'call_back',
      outcome_reason: 'Sam asked to be called again in spring.',
      open_promises: ['To send the price list by mail'],
      analysed_at: '2026-11-21T09:31:09.000Z',
      analysis_error: null,
      cost: { carrier_price: null, carrier_currency: null, model_usage: null },
      latency: { turns: 0, p50_ms: null, p95_ms: null, max_ms: null },
      variables: {},
      metadata: {},
      record: false,
      spoken_language: 'en',
      is_demo: false,
      dial_state: 'placed',
      error: null,
      updated_at: '2026-11-21T09:30:47.000Z',
    },
  }),
) {}

/** @param audioUrl where the recording of this id is played */
export function toCallDto(call: CallWithTurns, audioUrl: (recordingId: string) => string): CallDto {
  return {
    id: call.id,
    call_sid: call.callSid,
    direction: call.direction,
    status: call.status,
    ended_reason: call.endedReason,
    phone_number: call.phoneNumber,
    from_number: call.fromNumber,
    scenario_name: call.scenarioName,
    created_at: call.createdAt.toISOString(),
    queue_time_ms: call.queueTimeMs,
    started_at: iso(call.startedAt),
    answered_at: iso(call.answeredAt),
    ended_at: iso(call.endedAt),
    call_duration: call.callDuration,
    max_duration_seconds: call.maxDurationSeconds,
    answered_by: call.answeredBy,
    voicemail: call.voicemail === null ? null : toVoicemail(call.voicemail),
    audio_url: call.recordingId === null ? null : audioUrl(call.recordingId),
    transcript: call.turns.map(toTranscriptTurn),
    actions: call.actions.map(toCallAction),
    order_items: call.orderItems,
    restaurant_id: call.restaurantId,
    customer_name: call.customerName,
    delivery_address: call.deliveryAddress,
    notes: call.notes,
    extracted: call.extracted,
    extraction_error: call.extractionError,
    summary: call.summary,
    outcome: call.outcome,
    outcome_reason: call.outcomeReason,
    open_promises: call.openPromises,
    analysed_at: iso(call.analysedAt),
    analysis_error: call.analysisError,
    cost: {
      carrier_price: call.carrierPrice === null ? null : Number(call.carrierPrice),
      carrier_currency: call.carrierCurrency,
      model_usage: call.usage,
    },
    latency: latencyOf(call.turns),
    variables: call.variables,
    metadata: call.metadata,
    record: call.record,
    spoken_language: call.spokenLanguage,
    is_demo: call.isDemo,
    dial_state: call.dialState,
    error: call.errorCode === null ? null : { code: call.errorCode, detail: call.errorDetail ?? '' },
    updated_at: call.updatedAt.toISOString(),
  };
}

function toVoicemail({ detectedBy, messageLeft, message }: Voicemail): z.infer<typeof voicemail> {
  return { detected_by: detectedBy, message_left: messageLeft, message };
}

function toTranscriptTurn(turn: CallWithTurns['turns'][number]): z.infer<typeof transcriptTurn> {
  return {
    role: turn.role,
    text: turn.text,
    generated_text: turn.generatedText,
    start_time: turn.startMs / 1000,
    end_time: turn.endMs / 1000,
    interrupted: turn.wasInterrupted,
    latency_ms: turn.latencyMs,
  };
}

export function toCallAction({ tool, state, outcome, atMs, eventId }: ToldAction): z.infer<typeof callAction> {
  return { tool, ok: state === 'done', outcome, at: atMs / 1000, event_id: eventId };
}

/** Nearest-rank percentiles of what was measured. */
export function latencyOf(turns: readonly Pick<Turn, 'latencyMs'>[]): z.infer<typeof latency> {
  const measured = turns
    .map(({ latencyMs }) => latencyMs)
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  const rank = (share: number) => measured[Math.max(0, Math.ceil(measured.length * share) - 1)] ?? null;
  return { turns: measured.length, p50_ms: rank(0.5), p95_ms: rank(0.95), max_ms: measured.at(-1) ?? null };
}

function iso(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString();
}
