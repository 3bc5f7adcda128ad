import type { ToolCall } from './call-events';
import type { OutputItem } from './openai-events';

/** Answers are awaited per response: the model speaks once, when it knows all of them. */
interface Round {
  open: number;
  wantsResponse: boolean;
  /** The customer has cut in: their own turn will be answered. */
  readonly isCut: boolean;
}

/** Tool calls of one conversation: each is acted on once, and each response's results lead to one new response. */
export class ToolCalls {
  private readonly rounds = new Map<string, Round>();
  private readonly seen = new Set<string>();

  /** True while a result is awaited. */
  get isPending(): boolean {
    return this.rounds.size > 0;
  }

  /** The calls in a finished response that have not been acted on. Those of one that was cut lead to no response. */
  take(output: readonly OutputItem[], isCut = false): ToolCall[] {
    const calls: ToolCall[] = [];
    const round: Round = { open: 0, wantsResponse: false, isCut };
    for (const { toolCall } of output) {
      if (toolCall === null || this.seen.has(toolCall.toolCallId)) continue;
      this.seen.add(toolCall.toolCallId);
      this.rounds.set(toolCall.toolCallId, round);
      round.open++;
      calls.push(isCut ? { ...toolCall, wasInterrupted: true } : toolCall);
    }
    return calls;
  }

  /**
   * Books a result. `unknown`: nobody asked, or it was answered before · `waiting`: other results are still to come ·
   * `respond`: that was the last one and the model is to speak · `silent`: the last one, and nobody wants it to.
   */
  answered(toolCallId: string, wantsResponse: boolean): 'unknown' | 'waiting' | 'respond' | 'silent' {
    const round = this.rounds.get(toolCallId);
    if (round === undefined) return 'unknown';
    this.rounds.delete(toolCallId);
    round.open--;
    round.wantsResponse ||= wantsResponse;
    if (round.open > 0) return 'waiting';
    return round.wantsResponse && !round.isCut ? 'respond' : 'silent';
  }
}
