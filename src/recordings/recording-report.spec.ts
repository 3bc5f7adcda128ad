import fc from 'fast-check';
import { parseRecordingReport } from './recording-report';

const SID = `RE${'0a'.repeat(16)}`;
const FORM = { RecordingSid: SID, RecordingStatus: 'completed', RecordingDuration: '42', RecordingChannels: '2' };

describe('what the carrier says about a recording', () => {
  it.each([
    [FORM, { recordingSid: SID, outcome: 'completed', durationSeconds: 42, channels: 2 }],
    [
      { ...FORM, RecordingDuration: '-1' },
      { outcome: 'completed', durationSeconds: null },
    ],
    [{ ...FORM, RecordingStatus: 'absent' }, { outcome: 'absent' }],
    [{ ...FORM, RecordingStatus: 'failed' }, { outcome: 'absent' }],
  ])('is read from %j', (form, report) => {
    expect(parseRecordingReport(form)).toMatchObject(report);
  });

  it.each([
    { ...FORM, RecordingStatus: 'in-progress' },
    { ...FORM, RecordingStatus: 'constructor' },
    { ...FORM, RecordingSid: `${SID}/../../Calls` },
    { ...FORM, RecordingSid: '' },
    {},
  ])('is nothing in %j', (form) => {
    expect(parseRecordingReport(form)).toBeNull();
  });

  it('never throws', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string()));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(FORM)), value), (form) => {
        const report = parseRecordingReport(form);
        expect(report === null || /^RE[0-9a-f]{32}$/i.test(report.recordingSid)).toBe(true);
      }),
    );
  });
});
