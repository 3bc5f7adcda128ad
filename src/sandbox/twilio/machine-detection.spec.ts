import { FRAME_MS } from '../../media/g711';
import { FakeVoices } from '../spec-support/fake-voices';
import type { PhoneBehaviour } from '../phone/directory';
import { MachineDetection } from './machine-detection';

const THRESHOLDS = { speechThresholdMs: 2400, speechEndThresholdMs: 1200, silenceTimeoutMs: 5000 };

describe('machine detection', () => {
  const loud = new FakeVoices().speech('word', 1).mulaw;

  /** `speech` says from when to when the phone speaks, in ms; it beeps at `beepMs`. */
  const detect = (
    behaviour: PhoneBehaviour,
    mode: 'Enable' | 'DetectMessageEnd',
    speech: [number, number] | [],
    beepMs = 1e9,
  ) => {
    let nowMs = 0;
    const settings = { mode, isAsync: true, timeoutMs: 30_000, ...THRESHOLDS };
    const detection = new MachineDetection(settings, behaviour, () => (nowMs >= beepMs ? beepMs : undefined));
    for (; nowMs <= 40_000; nowMs += FRAME_MS) {
      const [from = 1e9, to = 1e9] = speech;
      const result = detection.step(nowMs >= from && nowMs < to ? loud : undefined);
      if (result) return result;
    }
    return undefined;
  };

  it.each<[string, ReturnType<typeof detect>, string, number]>([
    ['a person who speaks', detect('talks', 'Enable', [500, 5000]), 'human', 1500],
    ['a person who waits', detect('talks', 'Enable', []), 'human', 3000],
    ['nobody who speaks', detect('silent', 'Enable', []), 'unknown', 5000],
    ['a machine, by its long speech', detect('voicemail', 'Enable', [500, 8000]), 'machine_start', 2900],
    ['a machine, by its beep', detect('voicemail', 'DetectMessageEnd', [500, 8000], 8500), 'machine_end_beep', 8520],
    ['a beep that never comes', detect('voicemail', 'DetectMessageEnd', [500, 8000]), 'unknown', 30_000],
    [
      'a machine without a beep, by its silence',
      detect('voicemail-without-beep', 'DetectMessageEnd', [500, 8000]),
      'machine_end_silence',
      9200,
    ],
    [
      'a machine with a long greeting, by its beep',
      detect('voicemail-long-greeting', 'DetectMessageEnd', [500, 15_500], 16_000),
      'machine_end_beep',
      16_020,
    ],
    ['a long greeting, wrongly', detect('long-greeting', 'Enable', [500, 8500]), 'machine_start', 2900],
    [
      'a long greeting, wrongly, when it is over',
      detect('long-greeting', 'DetectMessageEnd', [500, 8500]),
      'machine_end_other',
      9700,
    ],
    ['somebody who coughs', detect('coughs', 'Enable', [500, 5000]), 'human', 1500],
  ])('tells %s', (_who, result, answeredBy, durationMs) => {
    expect(result).toEqual({ answeredBy, durationMs });
  });
});
