/** What the model's side of a call consumed, summed over its responses and transcriptions. Counts are tokens. */
export interface CallUsage {
  responses: number;
  input_text: number;
  input_audio: number;
  input_cached: number;
  output_text: number;
  output_audio: number;
  transcription_tokens: number;
  transcription_seconds: number;
}

/**
 * Sums the `usage` objects of the Realtime API: `response.done` bills its whole input again each time, so they are added
 * up; an input transcription is billed apart, in tokens or in seconds (reference/openai-realtime.md section 7).
 */
export class UsageMeter {
  readonly total: CallUsage = {
    responses: 0,
    input_text: 0,
    input_audio: 0,
    input_cached: 0,
    output_text: 0,
    output_audio: 0,
    transcription_tokens: 0,
    transcription_seconds: 0,
  };

  add(usage: Record<string, unknown>): void {
    if (usage['type'] === 'duration') {
      this.total.transcription_seconds += count(usage['seconds']);
    } else if (usage['type'] === 'tokens') {
      this.total.transcription_tokens += count(usage['total_tokens']);
    } else {
      const input = record(usage['input_token_details']);
      const output = record(usage['output_token_details']);
      this.total.responses += 1;
      this.total.input_text += count(input['text_tokens']);
      this.total.input_audio += count(input['audio_tokens']);
      this.total.input_cached += count(input['cached_tokens']);
      this.total.output_text += count(output['text_tokens']);
      this.total.output_audio += count(output['audio_tokens']);
    }
  }

  get isEmpty(): boolean {
    return Object.values(this.total).every((value) => value === 0);
  }
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
