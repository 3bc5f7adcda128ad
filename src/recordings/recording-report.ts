import type { FormParams } from '../integrations/telephony/telephony';

/** What the carrier says about a recording. */
export interface RecordingReport {
  recordingSid: string;
  /** `completed`: it is there · `absent`: there is none, and there will not be. */
  outcome: 'completed' | 'absent';
  durationSeconds: number | null;
  channels: number | null;
}

const RECORDING_SID = /^RE[0-9a-f]{32}$/i;
const OUTCOMES: ReadonlyMap<string, RecordingReport['outcome']> = new Map([
  ['completed', 'completed'],
  ['absent', 'absent'],
  ['failed', 'absent'],
  ['deleted', 'absent'],
]);

/** Null for what names no recording, or one that is still made. The address in it is not read: anybody may have written it. */
export function parseRecordingReport(form: FormParams): RecordingReport | null {
  const recordingSid = textOf(form['RecordingSid']);
  const outcome = OUTCOMES.get(textOf(form['RecordingStatus']));
  if (outcome === undefined || !RECORDING_SID.test(recordingSid)) return null;
  return {
    recordingSid,
    outcome,
    durationSeconds: wholeOf(form['RecordingDuration']),
    channels: wholeOf(form['RecordingChannels']),
  };
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

function wholeOf(value: string | string[] | undefined): number | null {
  return /^\d{1,6}$/.test(textOf(value)) ? Number(value) : null;
}
