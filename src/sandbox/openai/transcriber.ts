import type { Strike } from '../faults';
import type { ItemRecord } from './conversation';
import { transcriptionUsage } from './usage';

/** Transcription is a service of its own: its words come a little later than the turn. */
const TRANSCRIPTION_MS = 200;
const WORDS_PER_DELTA = 3;
/** How much later a late transcription is when the fault does not say. */
const DEFAULT_LATE_MS = 5000;

/** Sends what a person has said, some time after the item of it. */
export class Transcriber {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly send: (event: Record<string, unknown>) => void,
    private readonly takeFault: (fault: string) => Strike | undefined,
  ) {}

  transcribe(record: ItemRecord): void {
    if (this.takeFault('lose_transcription')) return;
    const late = this.takeFault('late_transcription');
    const lateMs = late ? (late.afterMs ?? DEFAULT_LATE_MS) : 0;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.complete(record);
    }, TRANSCRIPTION_MS + lateMs);
    this.timers.add(timer);
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private complete({ item, knownText, audioMs }: ItemRecord): void {
    const at = { item_id: item.id, content_index: 0 };
    const words = knownText.split(' ').filter(Boolean);
    for (let i = 0; i < words.length; i += WORDS_PER_DELTA) {
      const delta = (i === 0 ? '' : ' ') + words.slice(i, i + WORDS_PER_DELTA).join(' ');
      this.send({ type: 'conversation.item.input_audio_transcription.delta', ...at, delta });
    }
    item.content = [{ type: 'input_audio', transcript: knownText }];
    this.send({
      type: 'conversation.item.input_audio_transcription.completed',
      ...at,
      transcript: knownText,
      usage: transcriptionUsage(audioMs, knownText),
    });
  }
}
