import { UsageMeter } from './usage';

describe('UsageMeter', () => {
  it('sums responses and both shapes of transcription usage', () => {
    const meter = new UsageMeter();
    expect(meter.isEmpty).toBe(true);
    const response = {
      total_tokens: 253,
      input_token_details: { text_tokens: 119, audio_tokens: 13, cached_tokens: 64 },
      output_token_details: { text_tokens: 30, audio_tokens: 91 },
    };
    meter.add(response);
    meter.add(response);
    meter.add({ type: 'tokens', total_tokens: 22 });
    meter.add({ type: 'duration', seconds: 2.5 });
    expect(meter.total).toEqual({
      responses: 2,
      input_text: 238,
      input_audio: 26,
      input_cached: 128,
      output_text: 60,
      output_audio: 182,
      transcription_tokens: 22,
      transcription_seconds: 2.5,
    });
    expect(meter.isEmpty).toBe(false);
  });

  it('takes what it does not understand for nothing', () => {
    const meter = new UsageMeter();
    meter.add({ type: 'tokens', total_tokens: 'many' });
    meter.add({ input_token_details: null });
    expect(meter.total.transcription_tokens).toBe(0);
    expect(meter.total.responses).toBe(1);
  });
});
