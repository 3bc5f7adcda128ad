import { invalidParameter } from '../form-fields';
import { TRANSCRIPT_STATUSES, type Transcript } from './transcript';
import { readTime } from './transcript-form';

type Test = (transcript: Transcript) => boolean;

/**
 * The filters of `GET Transcripts`. Bounds of time are included (unverified), and one whose media has no known start is
 * found by no filter of it.
 * @throws TwilioRefusal
 */
export function readTranscriptFilter(query: Record<string, string>): Test {
  const tests: Test[] = [];
  const { ServiceSid: serviceSid, Status: status, SourceSid: sourceSid, LanguageCode: languageCode } = query;
  if (serviceSid) tests.push(({ order }) => order.serviceSid === serviceSid);
  if (sourceSid) tests.push(({ order }) => order.channel.media_properties.source_sid === sourceSid);
  if (languageCode) tests.push(({ order }) => order.languageCode === languageCode);
  if (status) {
    if (!TRANSCRIPT_STATUSES.some((known) => known === status)) throw invalidParameter('Status', status);
    tests.push((transcript) => transcript.status === status);
  }
  for (const [field, timeOf] of [
    ['DateCreated', (transcript: Transcript) => transcript.createdAtMs],
    ['StartTime', (transcript: Transcript) => transcript.order.mediaStartTimeMs],
  ] as const) {
    const after = bound(query, `After${field}`);
    const before = bound(query, `Before${field}`);
    if (after === undefined && before === undefined) continue;
    tests.push((transcript) => {
      const atMs = timeOf(transcript);
      if (atMs === undefined) return false;
      // The API's times have whole seconds, so that is what is compared.
      const second = Math.floor(atMs / 1000) * 1000;
      return second >= (after ?? -Infinity) && second <= (before ?? Infinity);
    });
  }
  return (transcript) => tests.every((test) => test(transcript));
}

function bound(query: Record<string, string>, field: string): number | undefined {
  const written = query[field];
  return written ? Math.floor(readTime(field, written) / 1000) * 1000 : undefined;
}
