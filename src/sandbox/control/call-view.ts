import type { CarrierCall } from '../twilio/carrier-call';

/** Twilio's debugger notes it, but it is how a server hands a call on to the next verb. */
const STREAM_CLOSED_BY_SERVER = 31921;

/** A call in the list: what it is and how it stands. */
export function callSummary(call: CarrierCall): Record<string, unknown> {
  const { settings } = call;
  return {
    call_sid: call.sid,
    to: settings.to,
    from: settings.from,
    status: call.status,
    direction: settings.direction,
    behaviour: settings.person.behaviour,
    created_at: isoTime(call.createdAtMs),
    answered_at: isoTime(call.answeredAtMs),
    ended_at: isoTime(call.endedAtMs),
    duration: call.isOver ? call.durationSeconds : null,
  };
}

/** Everything the simulated phone and carrier know about a call. */
export function callView(call: CarrierCall): Record<string, unknown> {
  const sum = (count: 'framesIn' | 'framesOut' | 'framesDropped' | 'marks' | 'clears') =>
    call.streams.reduce((total, stream) => total + stream.counts[count], 0);
  const error = call.notices.findLast((notice) => notice.code !== STREAM_CLOSED_BY_SERVER);
  return {
    ...callSummary(call),
    answered_by: call.answeredBy ?? null,
    frames_in: sum('framesIn'),
    frames_out: sum('framesOut'),
    frames_dropped: sum('framesDropped'),
    marks: sum('marks'),
    clears: sum('clears'),
    heard: call.party?.heard ?? [],
    said: call.party?.said ?? [],
    recorded: call.party?.recorded ?? null,
    digits: call.digits,
    twiml: call.documents,
    webhooks: call.webhooks.views,
    stream: call.streams.at(-1)?.view ?? null,
    streams: call.streams.map((stream) => stream.view),
    audio_url: `/sandbox/calls/${call.sid}/audio.wav`,
    recordings: call.recordings.map(({ sid, status }) => ({ recording_sid: sid, status })),
    notices: call.notices,
    ...(error ? { error: `${error.code} ${error.message}` } : {}),
  };
}

function isoTime(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
