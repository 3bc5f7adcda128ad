import { FormParams, formText } from '../integrations/telephony/telephony';

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
  const recordingSid = formText(form, 'RecordingSid');
  const outcome = OUTCOMES.get(formText(form, 'RecordingStatus'));
  if (outcome === undefined || !RECORDING_SID.test(recordingSid)) return null;
  return {
    recordingSid,
    outcome,
    durationSeconds: wholeOf(formText(form, 'RecordingDuration')),
    channels: wholeOf(formText(form, 'RecordingChannels')),
  };
}

function wholeOf(text: string): number | null {
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}
