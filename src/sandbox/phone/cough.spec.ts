import { FRAME_BYTES, FRAME_MS, SILENCE_BYTE, decodeMulaw } from '../../media/g711';
import { TurnDetector } from '../openai/turn-detector';
import { Recogniser } from '../speech/recogniser';
import { COUGH } from './cough';

const SERVER_VAD = {
  type: 'server_vad' as const,
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
  idle_timeout_ms: null,
};

describe('a cough', () => {
  const silence = Buffer.alloc(50 * FRAME_BYTES, SILENCE_BYTE);

  it('lasts 300 ms, in whole frames', () => {
    expect(COUGH.mulaw.length).toBe((300 / FRAME_MS) * FRAME_BYTES);
  });

  it('is loud enough for turn detection to take it for the beginning of a turn', () => {
    const detector = new TurnDetector(SERVER_VAD, () => true);
    const kinds: string[] = [];
    const audio = Buffer.concat([silence, COUGH.mulaw, silence]);
    for (let at = 0; at < audio.length; at += FRAME_BYTES) {
      const samples = decodeMulaw(audio.subarray(at, at + FRAME_BYTES));
      const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
      const event = detector.push(Math.sqrt(energy / samples.length), (at / FRAME_BYTES) * FRAME_MS);
      if (event) kinds.push(event.kind);
    }
    expect(kinds).toEqual(['started', 'stopped']);
  });

  it.each([0, 1, 77, 159])('has no words, wherever its frames begin (%d bytes off)', (offset) => {
    const audio = Buffer.concat([silence.subarray(0, offset), COUGH.mulaw, silence]);
    expect(new Recogniser().recognise(audio)).toBe('');
  });
});
