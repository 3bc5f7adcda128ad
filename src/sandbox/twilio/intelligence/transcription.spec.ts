import { FRAME_BYTES } from '../../../media/g711';
import { CallTape } from '../../phone/call-tape';
import { CARRIER_VOICE } from '../../phone/voices';
import { PERSON_VOICE } from '../../speech/voices';
import { VoiceBox } from '../../speech/voice-box';
import { WallClock } from '../../wall-clock';
import type { RecordingSettings } from '../call-settings';
import { Recording } from '../recording';
import { transcribeRecording } from './transcription';

// Building the speech engine takes a while on a busy machine.
jest.setTimeout(60_000);

describe('the transcription of a recording', () => {
  let voices: VoiceBox;

  beforeAll(async () => {
    voices = await VoiceBox.start();
  });
  afterAll(() => voices.close());

  const SETTINGS: RecordingSettings = { channels: 2, track: 'both', trim: false, source: 'StartCallRecordingAPI' };
  const GREETING = 'Thank you for calling. How can I help you today?';
  const ANSWER = 'I would like to book a table for Friday, please.';

  /** A second of silence, the agent, half a second of silence, the person; all of it recorded. */
  const record = async (settings: Partial<RecordingSettings> = {}, whileOn?: (recording: Recording) => void) => {
    const tape = new CallTape();
    const silence = (frames: number) => {
      for (let i = 0; i < frames; i++) tape.append(undefined, undefined);
    };
    const say = async (text: string, voice: string) => {
      const { mulaw } = await voices.speak(text, voice);
      for (let at = 0; at < mulaw.length; at += FRAME_BYTES) {
        const frame = mulaw.subarray(at, at + FRAME_BYTES);
        tape.append(voice === PERSON_VOICE ? frame : undefined, voice === PERSON_VOICE ? undefined : frame);
      }
      return tape.frames / 50;
    };
    const recording = new Recording('CA1', { ...SETTINGS, ...settings }, tape, new WallClock());
    silence(50);
    const greetingEndsAt = await say(GREETING, CARRIER_VOICE);
    silence(25);
    whileOn?.(recording);
    const answerEndsAt = await say(ANSWER, PERSON_VOICE);
    recording.stop();
    recording.settle();
    const sentences = await transcribeRecording(recording, voices.recogniser);
    return { sentences, greetingEndsAt, answerEndsAt };
  };

  it('has every sentence that was said, on the channel and at the time at which it was said', async () => {
    const { sentences, greetingEndsAt, answerEndsAt } = await record();
    expect(sentences.map(({ mediaChannel, text }) => [mediaChannel, text])).toEqual([
      [2, 'Thank you for calling.'],
      [2, 'How can I help you today?'],
      [1, ANSWER],
    ]);
    const times = sentences.flatMap(({ startTime, endTime }) => [startTime ?? 0, endTime ?? 0]);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeCloseTo(1, 0);
    expect(greetingEndsAt - (times[3] ?? 0)).toBeLessThan(0.6);
    expect(times[4]).toBeGreaterThan(greetingEndsAt + 0.4);
    expect(answerEndsAt - (times[5] ?? 0)).toBeLessThan(0.6);
  });

  it('has the same plausible confidence for the same words every time', async () => {
    const [first, second] = [await record(), await record()];
    const confidences = first.sentences.map((sentence) => sentence.confidence ?? 0);
    expect(second.sentences.map((sentence) => sentence.confidence)).toEqual(confidences);
    for (const confidence of confidences) expect(confidence).toBeGreaterThan(0.85);
    for (const confidence of confidences) expect(confidence).toBeLessThan(1);
  });

  it('of one channel has both speakers on it', async () => {
    const { sentences } = await record({ channels: 1 });
    expect(sentences.map(({ mediaChannel }) => mediaChannel)).toEqual([1, 1, 1]);
  });

  it('has only what was recorded: one track, and nothing of a pause', async () => {
    const inbound = await record({ track: 'inbound' });
    expect(inbound.sentences.map(({ text }) => text)).toEqual([ANSWER]);
    const paused = await record({}, (recording) => {
      recording.pause('silence');
    });
    expect(paused.sentences).toHaveLength(2);
  });

  it('of trimmed audio counts its times from the first sound', async () => {
    const { sentences } = await record({ trim: true });
    expect(sentences[0]?.startTime).toBeLessThan(0.2);
  });
});
