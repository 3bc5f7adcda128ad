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
const HEARD_ALLOWANCE_MS = 100;
/** Responses remembered after they were cut, against late audio. */
const REMEMBERED_RESPONSES = 32;

/** Words of the agent that were cut: what was heard of them, and what was not; null when that was still to be made. */
export interface CutOff {
  said: string;
  rest: string | null;
}

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

  /** The words that were cut last: what a `resume` goes on from. */
  cutOff: CutOff = { said: '', rest: null };

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
    const cut = this.parts.agentAudio.clear();
    if (cut.length > 0) this.cutOff = this.divide(cut, responseId === null);
    // Cut before its first sound: what was cut some time ago is not what it was about to say.
    else if (this.parts.sequencer.respondingKind !== 'resume') this.cutOff = { said: '', rest: null };
    for (const item of cut) this.settle(item, true);
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

  /** The session is gone, and with it what it was to forget. */
  sessionLost(): void {
    this.unheardItems.clear();
  }

  private divide(items: readonly PlayedItem[], isMade: boolean): CutOff {
    const { recorder } = this.parts;
    let said = '';
    let text = '';
    for (const item of items) {
      said += recorder.heardTextOf(item, heardOf(item));
      text += `${recorder.textOf(item.itemId)} `;
    }
    return { said: said.trim(), rest: isMade && text.startsWith(said) ? text.slice(said.length).trim() : null };
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
    const heardMs = heardOf(item);
    const text = recorder.heardTextOf(item, heardMs);
    recorder.agentCut(item, heardMs);
    if (tellsModel) session.truncate(item.itemId, item.contentIndex, heardMs, text);
  }
}

function heardOf(item: PlayedItem): number {
  return item.heardMs === 0 ? 0 : Math.floor(Math.min(item.sentMs, item.heardMs + HEARD_ALLOWANCE_MS));
}
