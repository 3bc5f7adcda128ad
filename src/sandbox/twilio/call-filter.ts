import { restStatus } from './call-resource';
import type { CarrierCall } from './carrier-call';
import { parsePhoneNumber } from './phone-number';
import { TwilioRefusal } from './twilio-refusal';

type Test = (call: CarrierCall) => boolean;

/**
 * The filters of `GET Calls.json`. A time is a day (`2026-01-31`) or a moment; `<` and `>` in the name include the
 * bound itself. A call that has not been dialled yet has no start time, so no filter by StartTime finds it.
 * @throws TwilioRefusal
 */
export function readCallFilter(query: Record<string, string>): Test {
  const tests: Test[] = [];
  const { To: to, From: from, Status: status } = query;
  if (to) tests.push((call) => call.settings.to === (parsePhoneNumber(to) ?? to));
  if (from) tests.push((call) => call.settings.from === (parsePhoneNumber(from) ?? from));
  if (status) tests.push((call) => restStatus(call) === status);
  if (query['ParentCallSid']) tests.push(() => false);
  for (const [field, timeOf] of [
    ['StartTime', (call: CarrierCall) => call.startedAtMs],
    ['EndTime', (call: CarrierCall) => call.endedAtMs],
  ] as const) {
    for (const comparison of ['', '<', '>'] as const) {
      const written = query[field + comparison];
      if (!written) continue;
      const { fromMs, toMs } = readTime(field + comparison, written);
      tests.push((call) => {
        const atMs = timeOf(call);
        if (atMs === undefined) return false;
        // The API's times have whole seconds, so that is what is compared.
        const second = Math.floor(atMs / 1000) * 1000;
        if (comparison === '<') return second <= toMs;
        if (comparison === '>') return second >= fromMs;
        return second >= fromMs && second <= toMs;
      });
    }
  }
  return (call) => tests.every((test) => test(call));
}

function readTime(field: string, written: string): { fromMs: number; toMs: number } {
  const atMs = Date.parse(written);
  if (Number.isNaN(atMs)) throw new TwilioRefusal(20001, `${field} is not a date: ${written}`);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(written);
  const fromMs = Math.floor(atMs / 1000) * 1000;
  return { fromMs, toMs: isDay ? atMs + 86_400_000 - 1 : fromMs };
}
