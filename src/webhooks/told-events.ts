import { Injectable } from '@nestjs/common';
import { isOver } from '../calls/call-status';
import { CallAnalysed, CallEnded, CallUpdated } from '../calls/calls.events';
import type { CallWithTurns } from '../calls/calls.repository';
import { CallsService } from '../calls/calls.service';
import { CallDto, toCallDto } from '../calls/dto/call.dto';
import { AudioLinks } from '../files/audio-links';
import type { DomainEventClass } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { RecordingStored } from '../recordings/recordings.events';
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
  constructor(
    readonly calls: CallsService,
    readonly scheduledCalls: ScheduledCalls,
    readonly transcripts: EnhancedTranscripts,
    readonly texts: SmsService,
    private readonly links: AudioLinks,
  ) {}

  /** A call as the REST API gives it. */
  callDto(call: CallWithTurns): CallDto {
    return toCallDto(call, (recordingId) => this.links.linkTo('recordings', recordingId));
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
   * happened: columns `subject`, `at`. For what must not be lost with a process that dies before it has written it down.
   */
  readonly missed: string | null;
}

type EventClass<Event> = DomainEventClass & (new (...given: never[]) => Event);

interface Line<Event extends { owner: Owner }> {
  on: EventClass<Event>;
  subject: (event: Event) => string;
  tell: ToldEvent['tell'];
  settleMs?: number;
  missed?: string;
}

function told<Event extends { owner: Owner }>(type: string, line: Line<Event>): ToldEvent {
  const { on, subject, tell, settleMs = 0, missed = null } = line;
  const subjectOf = (event: object) => ({ owner: (event as Event).owner, subject: subject(event as Event) });
  return { type, on, subjectOf, tell, settleMs, missed };
}

/** A call has a few hours at most: one that ended lately was made not long before. */
const CALL_MADE = `c.created_at > $2::timestamptz - interval '1 day'`;

/** All there is, in the order of a call's life. One more is one more line here, and a row in docs/webhooks.md. */
export const TOLD_EVENTS: readonly ToldEvent[] = [
  told('scheduled_call.updated', {
    on: ScheduledCallUpdated,
    subject: ({ id }) => String(id),
    tell: async ({ scheduledCalls }, owner, id) => {
      const call = await scheduledCalls.get(owner, Number(id));
      return { data: toScheduledCallDto(call), at: call.updatedAt, version: call.updatedAt.toISOString() };
    },
  }),
  told('call.started', {
    on: CallUpdated,
    subject: ({ callId }) => callId,
    tell: async (sources, owner, id) => {
      const call = await sources.calls.get(owner, id);
      return call.answeredAt === null ? null : { data: sources.callDto(call), at: call.answeredAt };
    },
  }),
  told('call.ended', {
    on: CallEnded,
    subject: ({ callId }) => callId,
    tell: async (sources, owner, id) => {
      const call = await sources.calls.get(owner, id);
      return isOver(call.status) ? { data: sources.callDto(call), at: call.endedAt ?? call.updatedAt } : null;
    },
    missed: `SELECT c.id::text AS subject, c.ended_at AS at FROM calls c
      WHERE c.user_id = $1 AND ${CALL_MADE} AND c.ended_at BETWEEN $2 AND $3`,
  }),
  told('transcript.created', {
    on: TranscriptWritten,
    subject: ({ transcriptSid }) => transcriptSid,
    tell: async ({ transcripts }, owner, sid) => {
      const transcript = await transcripts.get(owner, sid);
      return { data: toEnhancedTranscriptDto(transcript), at: new Date() };
    },
    // The last words of a call that has just ended come a little later than the end.
    settleMs: 10_000,
    missed: `SELECT CASE WHEN e.call_id IS NULL THEN e.transcript_sid ELSE 'CT' || replace(e.call_id::text, '-', '') END
        AS subject, e.created_at AS at FROM enhanced_transcripts e
      WHERE e.user_id = $1 AND e.deleted_at IS NULL AND e.call_date > $2::timestamptz - interval '1 day'
        AND e.created_at BETWEEN $2 AND $3`,
  }),
  told('sms.received', {
    on: SmsReceived,
    subject: ({ smsId }) => smsId,
    tell: async ({ texts }, owner, id) => {
      const sms = await texts.get(owner, id);
      return { data: toSmsDto(sms), at: sms.createdAt };
    },
    missed: `SELECT m.id::text AS subject, m.created_at AS at FROM sms_messages m
      WHERE m.user_id = $1 AND m.direction = 'inbound' AND m.created_at BETWEEN $2 AND $3`,
  }),
  told('sms.updated', {
    on: SmsUpdated,
    subject: ({ smsId }) => smsId,
    tell: async ({ texts }, owner, id) => {
      const sms = await texts.get(owner, id);
      return { data: toSmsDto(sms), at: new Date(), version: `${sms.sendState} ${sms.status}` };
    },
  }),
  told('recording.stored', {
    on: RecordingStored,
    subject: ({ callId }) => callId,
    tell: async (sources, owner, id) => {
      const call = await sources.calls.get(owner, id);
      return call.recordingId === null ? null : { data: sources.callDto(call), at: call.updatedAt };
    },
    missed: `SELECT r.call_id::text AS subject, r.stored_at AS at FROM recordings r
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
    missed: `SELECT c.id::text AS subject, c.analysed_at AS at FROM calls c
      WHERE c.user_id = $1 AND ${CALL_MADE} AND c.analysed_at BETWEEN $2 AND $3 AND c.analysis_due_at IS NULL`,
  }),
];

/** What the test button sends. */
export const TEST_EVENT = 'webhook.test';

/** Listens to everything, also to what is still to be invented. */
export const EVERY_EVENT = '*';
