import { Inject, Injectable } from '@nestjs/common';
import { isOver } from '../calls/call-status';
import { CallAnalysed, CallEnded, CallUpdated } from '../calls/calls.events';
import type { CallWithTurns } from '../calls/calls.repository';
import { CallsService } from '../calls/calls.service';
import { CallDto, toCallDto } from '../calls/dto/call.dto';
import type { DomainEventClass } from '../common/domain-events';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { RecordingStored } from '../recordings/recordings.events';
import { Recordings } from '../recordings/recordings.service';
import { toScheduledCallDto } from '../scheduling/dto/scheduled-call.dto';
import { ScheduledCalls } from '../scheduling/scheduled-calls.service';
import { ScheduledCallUpdated } from '../scheduling/scheduling.events';
import { toSmsDto } from '../sms/dto/sms.dto';
import { SmsReceived, SmsUpdated } from '../sms/sms.events';
import { SmsService } from '../sms/sms.service';
import { toEnhancedTranscriptDto } from '../transcripts/dto/enhanced-transcript.dto';
import { EnhancedTranscripts } from '../transcripts/enhanced-transcripts.service';
import { TranscriptWritten } from '../transcripts/transcripts.events';

/** Where what is told is read. */
@Injectable()
export class ToldSources {
  private readonly publicUrl: string;

  constructor(
    readonly calls: CallsService,
    readonly scheduledCalls: ScheduledCalls,
    readonly transcripts: EnhancedTranscripts,
    readonly texts: SmsService,
    readonly recordings: Recordings,
    @Inject(APP_CONFIG) { publicUrl }: AppConfig,
  ) {
    this.publicUrl = publicUrl;
  }

  /** A call as the REST API gives it; its audio is at an address that asks for a token, since a signed one would be over before it is told. */
  callDto(call: CallWithTurns): CallDto {
    return toCallDto(call, () => `${this.publicUrl}/calls/${call.id}/recording`);
  }
}

/** What a webhook is told. */
export interface Telling {
  /** As the REST API gives it. */
  data: unknown;
  /** When it happened. */
  at: Date;
  /** Where the same can happen to a subject more than once: which time it is. */
  version?: string;
}

/** A type of event that users can listen to. */
export interface ToldEvent {
  readonly type: string;
  /** What the rooms announce, and what of it is told. */
  readonly on: DomainEventClass;
  subjectOf(event: object): { owner: Owner; subject: string };
  /** Null where there is nothing to be told (yet). What it throws of kind not-found counts as null. */
  tell(sources: ToldSources, owner: Owner, subject: string): Promise<Telling | null>;
  /** Not at once: more of it may be still to come. */
  readonly settleMs: number;
  /**
   * SQL that gives the subjects of a user ($1) of whom somebody should have been told between two times ($2, $3), with when it
   * happened and which time it is: columns `subject`, `at`, `version`. What a process knew that died before it had written it down
   * is found with it.
   */
  readonly missed: string;
}

type EventClass<Event> = DomainEventClass & (new (...given: never[]) => Event);

interface Line<Event extends { owner: Owner }> {
  on: EventClass<Event>;
  subject: (event: Event) => string;
  tell: ToldEvent['tell'];
  settleMs?: number;
  missed: string;
}

function told<Event extends { owner: Owner }>(type: string, line: Line<Event>): ToldEvent {
  const { on, subject, tell, settleMs = 0, missed } = line;
  const subjectOf = (event: object) => ({ owner: (event as Event).owner, subject: subject(event as Event) });
  return { type, on, subjectOf, tell, settleMs, missed };
}

/** A call has a few hours at most: one that ended lately was made not long before. So is a text. */
const MADE = `created_at > $2::timestamptz - interval '1 day'`;

/** As JavaScript writes a moment. */
const asIso = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** All there is, in the order of a call's life. One more is one more line here, and a row in docs/webhooks.md. */
export const TOLD_EVENTS: readonly ToldEvent[] = [
  told('scheduled_call.updated', {
    on: ScheduledCallUpdated,
    subject: ({ id }) => String(id),
    tell: async ({ scheduledCalls }, owner, id) => {
      const call = await scheduledCalls.get(owner, Number(id));
      return { data: toScheduledCallDto(call), at: call.updatedAt, version: call.updatedAt.toISOString() };
    },
    missed: `SELECT s.id::text AS subject, s.updated_at AS at, ${asIso('s.updated_at')} AS version FROM scheduled_calls s
      WHERE s.user_id = $1 AND s.updated_at BETWEEN $2 AND $3`,
  }),
  told('call.started', {
    on: CallUpdated,
    subject: ({ callId }) => callId,
    tell: async (sources, owner, id) => {
      const call = await sources.calls.get(owner, id);
      return call.answeredAt === null ? null : { data: sources.callDto(call), at: call.answeredAt };
    },
    missed: `SELECT c.id::text AS subject, c.answered_at AS at, '' AS version FROM calls c
      WHERE c.user_id = $1 AND c.${MADE} AND c.answered_at BETWEEN $2 AND $3`,
  }),
  told('call.ended', {
    on: CallEnded,
    subject: ({ callId }) => callId,
    tell: async (sources, owner, id) => {
      const call = await sources.calls.get(owner, id);
      return isOver(call.status) ? { data: sources.callDto(call), at: call.endedAt ?? call.updatedAt } : null;
    },
    missed: `SELECT c.id::text AS subject, c.ended_at AS at, '' AS version FROM calls c
      WHERE c.user_id = $1 AND c.${MADE} AND c.ended_at BETWEEN $2 AND $3`,
  }),
  told('transcript.created', {
    on: TranscriptWritten,
    subject: ({ transcriptSid }) => transcriptSid,
    tell: async ({ transcripts }, owner, sid) => {
      const transcript = await transcripts.get(owner, sid);
      const { source, createdAt, updatedAt } = transcript;
      // Twilio's, which takes the place of our own, is told as well.
      const at = source === 'twilio' ? updatedAt : createdAt;
      return { data: toEnhancedTranscriptDto(transcript), at, version: source };
    },
    // The last words of a call that has just ended come a little later than the end.
    settleMs: 10_000,
    missed: `SELECT CASE WHEN e.call_id IS NULL THEN e.transcript_sid ELSE 'CT' || replace(e.call_id::text, '-', '') END
        AS subject, m.at, e.source AS version FROM enhanced_transcripts e
      CROSS JOIN LATERAL (SELECT CASE e.source WHEN 'twilio' THEN e.updated_at ELSE e.created_at END AS at) m
      WHERE e.user_id = $1 AND e.deleted_at IS NULL AND e.call_date > $2::timestamptz - interval '1 day'
        AND m.at BETWEEN $2 AND $3`,
  }),
  told('sms.received', {
    on: SmsReceived,
    subject: ({ smsId }) => smsId,
    tell: async ({ texts }, owner, id) => {
      const sms = await texts.get(owner, id);
      return { data: toSmsDto(sms), at: sms.createdAt };
    },
    missed: `SELECT m.id::text AS subject, m.created_at AS at, '' AS version FROM sms_messages m
      WHERE m.user_id = $1 AND m.direction = 'inbound' AND m.created_at BETWEEN $2 AND $3`,
  }),
  told('sms.updated', {
    on: SmsUpdated,
    subject: ({ smsId }) => smsId,
    tell: async ({ texts }, owner, id) => {
      const sms = await texts.get(owner, id);
      return { data: toSmsDto(sms), at: sms.updatedAt, version: `${sms.sendState} ${sms.status}` };
    },
    missed: `SELECT m.id::text AS subject, m.updated_at AS at, m.send_state || ' ' || m.status AS version FROM sms_messages m
      WHERE m.user_id = $1 AND m.direction = 'outbound' AND m.${MADE} AND m.updated_at BETWEEN $2 AND $3`,
  }),
  told('recording.stored', {
    on: RecordingStored,
    subject: ({ callId }) => callId,
    tell: async (sources, owner, id) => {
      const call = await sources.calls.get(owner, id);
      if (call.recordingId === null) return null;
      const at = await sources.recordings.storedAt(owner, call.recordingId);
      return at === null ? null : { data: sources.callDto(call), at };
    },
    missed: `SELECT r.call_id::text AS subject, r.stored_at AS at, '' AS version FROM recordings r
      WHERE r.user_id = $1 AND r.state = 'stored' AND r.stored_at BETWEEN $2 AND $3`,
  }),
  told('call.analysed', {
    on: CallAnalysed,
    subject: ({ callId }) => callId,
    tell: async (sources, owner, id) => {
      const call = await sources.calls.get(owner, id);
      const { analysedAt: at } = call;
      // Read again because of late words, it is told again.
      return at === null ? null : { data: sources.callDto(call), at, version: at.toISOString() };
    },
    missed: `SELECT c.id::text AS subject, c.analysed_at AS at, ${asIso('c.analysed_at')} AS version FROM calls c
      WHERE c.user_id = $1 AND c.${MADE} AND c.analysed_at BETWEEN $2 AND $3 AND c.analysis_due_at IS NULL`,
  }),
];

/** What the test button sends. */
export const TEST_EVENT = 'webhook.test';

/** Listens to everything, also to what is still to be invented. */
export const EVERY_EVENT = '*';

/**
 * What happened longer ago is told to nobody any more. Less than WEBHOOK_LOG_DAYS at least: what was told and removed from the log is
 * not told again.
 */
export const LOOKS_BACK_MS = 3 * 24 * 3600_000;
