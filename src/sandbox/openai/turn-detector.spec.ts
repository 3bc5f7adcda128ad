import * as fc from 'fast-check';
import { TurnDetector, type TurnEvent } from './turn-detector';

const SETTINGS = {
  type: 'server_vad' as const,
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
  idle_timeout_ms: null,
};
/** Root mean square of a voice, of a noisy line, and of nothing. */
const VOICE = 3000;
const NOISE = 60;
const NOTHING = 0;

const run = (levels: [rms: number, ms: number][], settings: Partial<typeof SETTINGS> = {}): TurnEvent[] => {
  const detector = new TurnDetector({ ...SETTINGS, ...settings }, () => true);
  const events: TurnEvent[] = [];
  let atMs = 0;
  for (const [rms, ms] of levels) {
    for (let i = 0; i < ms / 20; i++, atMs += 20) {
      const event = detector.push(rms, atMs);
      if (event) events.push(event);
    }
  }
  return events;
};

describe('turn detection', () => {
  it('starts with the prefix before the voice and stops after the silence', () => {
    expect(
      run([
        [NOTHING, 1000],
        [VOICE, 2000],
        [NOISE, 1000],
      ]),
    ).toEqual([
      { kind: 'started', audioStartMs: 700 },
      { kind: 'stopped', audioStartMs: 700, audioEndMs: 3500 },
    ]);
  });

  it('does not start on a click, on noise, or below the threshold', () => {
    expect(
      run([
        [NOTHING, 200],
        [VOICE, 40],
        [NOTHING, 1000],
      ]),
    ).toEqual([]);
    expect(run([[NOISE, 5000]])).toEqual([]);
    expect(
      run(
        [
          [VOICE, 2000],
          [NOTHING, 1000],
        ],
        { threshold: 1 },
      ),
    ).toEqual([]);
  });

  it('takes a pause shorter than the silence for a part of the turn', () => {
    expect(
      run([
        [VOICE, 500],
        [NOTHING, 400],
        [VOICE, 500],
        [NOTHING, 600],
      ]),
    ).toHaveLength(2);
    expect(
      run(
        [
          [VOICE, 500],
          [NOTHING, 400],
          [VOICE, 500],
          [NOTHING, 600],
        ],
        { silence_duration_ms: 200 },
      ),
    ).toHaveLength(4);
  });

  it('alternates start and stop in order, and no turn reaches into the one before', () => {
    const levels = fc.array(fc.tuple(fc.constantFrom(VOICE, NOISE, NOTHING), fc.integer({ min: 20, max: 1500 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(levels, (given) => {
        let endMs = 0;
        run(given).forEach((event, i) => {
          expect(event.kind).toBe(i % 2 === 0 ? 'started' : 'stopped');
          expect(event.audioStartMs).toBeGreaterThanOrEqual(endMs);
          if (event.kind === 'stopped') endMs = event.audioEndMs;
        });
      }),
    );
  });
});
