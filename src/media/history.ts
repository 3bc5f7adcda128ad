import type { Turn } from './call-events';
import type { ModelSession, ToolRecord } from './model-session';

/**
 * How much of the past a new session is told, in characters: about 8,000 tokens, which leaves most of the smallest
 * context (28,000 tokens, reference/openai-realtime.md section 7) to what is still to come.
 */
export const RESTORED_CHARACTERS = 32_000;
/** Beyond this many the oldest are forgotten; a call of an hour has some hundred. */
const MAX_ENTRIES = 1000;

type Entry = { sequence: number; characters: number } & (
  { kind: 'message'; itemId: string; role: 'user' | 'assistant'; text: string } | { kind: 'tool'; call: ToolRecord }
);

/** What has been said and done in a call, in the order of the conversation, for a session that was not there. */
export class History {
  private readonly entries: Entry[] = [];

  /** A finished turn: what was heard of it. */
  turn({ sequence, itemId, role, text }: Turn): void {
    this.add({
      kind: 'message',
      sequence,
      itemId,
      role: role === 'customer' ? 'user' : 'assistant',
      text,
      characters: text.length,
    });
  }

  toolCall(sequence: number, { toolCallId, name, argumentsJson }: Omit<ToolRecord, 'outputJson'>): void {
    const call: ToolRecord = { toolCallId, name, argumentsJson, outputJson: null };
    this.add({ kind: 'tool', sequence, call, characters: argumentsJson.length });
  }

  toolResult(toolCallId: string, outputJson: string): void {
    for (const entry of this.entries) {
      if (entry.kind !== 'tool' || entry.call.toolCallId !== toolCallId) continue;
      entry.call.outputJson = outputJson;
      entry.characters += outputJson.length;
    }
  }

  /** Tells it to a session, the newest {@link RESTORED_CHARACTERS} of it and the latest entry in any case, oldest first. */
  tellTo(session: ModelSession): void {
    let left = RESTORED_CHARACTERS;
    let from = this.entries.length;
    for (; from > 0; from--) {
      left -= this.entries[from - 1]?.characters ?? 0;
      if (left < 0 && from < this.entries.length) break;
    }
    for (const entry of this.entries.slice(from)) {
      if (entry.kind === 'tool') session.restoreToolCall(entry.call);
      else session.restoreMessage(entry.itemId, entry.role, entry.text);
    }
  }

  /** Turns end in another order than they are spoken in. */
  private add(entry: Entry): void {
    let at = this.entries.length;
    while (at > 0 && (this.entries[at - 1]?.sequence ?? 0) > entry.sequence) at--;
    this.entries.splice(at, 0, entry);
    if (this.entries.length > MAX_ENTRIES) this.entries.shift();
  }
}
