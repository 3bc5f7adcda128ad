import type { AgentAudio } from './agent-audio';
import type { ModelSession } from './model-session';
import type { OutputItem } from './openai-events';
import type { PlayedItem } from './playback';
import { RecentIds } from './recent-ids';
import type { ResponseSequencer } from './response-sequencer';
import type { TurnRecorder } from './turn-recorder';

/**
 * Audio that has surely been heard beyond the last mark that came back: half the distance of two marks. The truncation
 * and the heard text both include it.
 */
export const HEARD_ALLOWANCE_MS = 100;
/** Responses remembered after they were cut, against late audio. */
const REMEMBERED_RESPONSES = 32;

export interface InterruptionParts {
  session: ModelSession;
  sequencer: ResponseSequencer;
  agentAudio: AgentAudio;
  recorder: TurnRecorder;
}

/**
 * What happens to the agent's words when they are cut: the carrier drops what it has not played, late audio is refused,
 * the model forgets what was not heard, and the transcript keeps what was.
 */
export class Interruption {
  private readonly dropped = new RecentIds(REMEMBERED_RESPONSES);
  /** Items whose deletion waits until their response is over. */
  private readonly unheardItems = new Set<string>();

  constructor(private readonly parts: InterruptionParts) {}

  /** True for a response that was cut: its audio is late. */
  isCut(responseId: string): boolean {
    return this.dropped.size > 0 && this.dropped.has(responseId);
  }

  /** Refuses all audio of a response from now on. */
  refuse(responseId: string): void {
    this.dropped.add(responseId);
  }

  /** Stops the voice and settles what of it was heard. Whoever calls it sees to the cancelling. */
  cutAgent(): void {
    const responseId = this.parts.sequencer.activeResponseId;
    if (responseId !== null) this.refuse(responseId);
    for (const item of this.parts.agentAudio.clear()) this.settle(item, true);
  }

  /** The line is closed: what was playing counts as far as it was heard. Nothing is told to the model. */
  lineClosed(): void {
    for (const item of this.parts.agentAudio.detach()) this.settle(item, false);
  }

  /** A response is over: the model forgets what it said in it that nobody heard. */
  responseEnded(responseId: string, output: readonly OutputItem[]): void {
    if (this.isCut(responseId)) {
      for (const { itemId, type } of output) {
        if (type === 'message' && this.parts.recorder.isUnheard(itemId)) this.unheardItems.add(itemId);
      }
    }
    for (const itemId of this.unheardItems) this.parts.session.forget(itemId);
    this.unheardItems.clear();
  }

  private settle(item: PlayedItem, tellsModel: boolean): void {
    const { session, sequencer, recorder } = this.parts;
    if (item.heardMs === 0) {
      recorder.agentUnheard(item.itemId);
      if (!tellsModel) return;
      if (item.responseId === sequencer.activeResponseId) this.unheardItems.add(item.itemId);
      else session.forget(item.itemId);
      return;
    }
    const heardMs = Math.floor(Math.min(item.sentMs, item.heardMs + HEARD_ALLOWANCE_MS));
    recorder.agentCut(item, heardMs);
    if (tellsModel) session.truncate(item.itemId, item.contentIndex, heardMs);
  }
}
