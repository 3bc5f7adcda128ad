import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Owner } from '../common/owner';
import { storedText } from '../common/stored-text';
import type { Customer } from '../customers/customer.entity';
import { Customers } from '../customers/customers.service';
import { Database } from '../database/database';
import { LanguageModel, LanguageModelError, TalkLine, TalkPart } from '../integrations/language-model/language-model';
import { displayNameOf } from '../users/display-name';
import { User } from '../users/user.entity';
import { conversationInstructions, READ_AT_MOST, shownLines } from './conversation-instructions';
import { ConversationMessage } from './conversation-message.entity';
import { ConversationSession } from './conversation-session.entity';
import { ConversationState, moved } from './conversation-states';
import { DoneAction, readCall, toolsOf } from './conversation-tools';
import { AnswerGivenUp, ConversationBusy, ConversationEnded, ModelBusy, NoAnswer } from './conversations.errors';
import { lastMessages, lockedSession } from './conversations.service';

/** Tokens; an answer of a few sentences has a hundred, and a model that thinks first has its thoughts among them. */
const MAX_OUTPUT_TOKENS = 2000;
/** The model is asked again where it only used tools. */
const MOST_ROUNDS = 3;
const LIMIT_MS = 90_000;
/** Whoever has not answered by then has died, and the next one that is said is answered all the same. */
const LEASE_SECONDS = 120;

export interface TurnOptions {
  /** Is told the answer as it is thought of. */
  onDelta?: (delta: string) => void;
  /** Nobody waits for the rest of the answer any more: what was said by then stays. */
  signal?: AbortSignal;
}

/** What was said to the agent, and what it answered. */
export interface Turn {
  conversationId: string;
  sessionId: string;
  text: string;
  actions: DoneAction[];
  /** Where the conversation stands after the answer. */
  nextState: ConversationState;
  /** The answer is not whole: nobody waited for the rest, or the model gave up in the middle. */
  wasInterrupted: boolean;
}

/** One answer that is being thought of. */
interface Begun {
  session: ConversationSession;
  turnId: string;
  lines: TalkLine[];
  instructions: string;
}

/** Answers what is said in a conversation: one thing at a time, written down before and after the model is asked. */
@Injectable()
export class ConversationTurns {
  private readonly log = new Logger(ConversationTurns.name);

  constructor(
    private readonly db: Database,
    private readonly customers: Customers,
    private readonly model: LanguageModel,
  ) {}

  /**
   * @throws ConversationNotFound, ConversationEnded, ConversationBusy, ModelBusy, NoAnswer; AnswerGivenUp where nothing was
   * answered by then
   */
  async turn(owner: Owner, sessionId: string, said: string, options: TurnOptions = {}): Promise<Turn> {
    const begun = await this.begin(owner, sessionId, said);
    const answer = new Answer(options.onDelta);
    const timeUp = AbortSignal.timeout(LIMIT_MS);
    const signal = options.signal === undefined ? timeUp : AbortSignal.any([timeUp, options.signal]);
    try {
      await this.answer(owner, begun, answer, signal);
    } catch (error) {
      if (answer.text.trim() !== '') this.noteBroken(owner, begun, error, options.signal);
      else throw await this.failed(owner, begun, error, options.signal);
      answer.wasInterrupted = true;
    }
    return this.finish(owner, begun, answer);
  }

  private async begin(owner: Owner, sessionId: string, said: string): Promise<Begun> {
    return this.db.asOwner(owner, async (tx) => {
      const session = await lockedSession(tx, owner, sessionId);
      if (session.endedAt !== null) throw new ConversationEnded();
      const turnId = randomUUID();
      const [, begun] = await tx.query<[unknown, number]>(
        `UPDATE conversation_sessions SET state = $3, turn_id = $4, turn_until = clock_timestamp() + interval '${LEASE_SECONDS} seconds',
           message_count = message_count + 1, active_at = clock_timestamp()
         WHERE user_id = $1 AND id = $2 AND (turn_id IS NULL OR turn_until < clock_timestamp())`,
        [owner.userId, session.id, moved(standing(session), 'processing'), turnId],
      );
      if (begun !== 1) throw new ConversationBusy();
      await tx.insert(ConversationMessage, {
        userId: owner.userId,
        conversationId: session.id,
        sequence: session.messageCount,
        role: 'user',
        text: said,
        createdAt: () => 'clock_timestamp()',
      });
      const customer = session.customerId === null ? null : await this.customers.find(tx, owner, session.customerId);
      return {
        session,
        turnId,
        lines: shownLines(await lastMessages(tx, session, READ_AT_MOST)),
        instructions: await instructionsOf(tx, session, customer),
      };
    });
  }

  /** Asks the model until it has said something. */
  private async answer(owner: Owner, { session, lines, instructions }: Begun, answer: Answer, signal: AbortSignal) {
    const tools = toolsOf(session.customerId !== null);
    const shown = [...lines];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const called: Extract<TalkPart, { kind: 'call' }>[] = [];
      for await (const part of this.model.converse({
        instructions,
        lines: shown,
        tools,
        maxOutputTokens: MAX_OUTPUT_TOKENS,
        signal,
      })) {
        if (part.kind === 'text') answer.add(part.delta);
        else called.push(part);
      }
      for (const { callId, name, arguments: given } of called) {
        const output = await this.act(owner, session, answer, name, given);
        shown.push({ role: 'call', callId, name, arguments: given }, { role: 'result', callId, output });
      }
      if (called.length === 0 || answer.text.trim() !== '') break;
    }
    if (answer.text.trim() === '') throw new LanguageModelError('The language model said nothing.', 'question');
  }

  /** @returns what the model is told of it */
  private async act(
    owner: Owner,
    session: ConversationSession,
    answer: Answer,
    name: string,
    given: string,
  ): Promise<string> {
    const call = readCall(name, given);
    if (call === null) return 'There is no such tool, or it was called with something else than an object.';
    const problems =
      call.tool === 'save_customer_details' && session.customerId !== null
        ? await this.customers.learn(owner, session.customerId, call.given)
        : [];
    const detail = problems.length === 0 ? DONE[call.tool] : problems.join(' ');
    answer.actions.push({ type: call.tool, arguments: call.given, ok: problems.length === 0, detail });
    return detail;
  }

  /** In the transaction that writes the answer. */
  private async finish(owner: Owner, { session, turnId }: Begun, answer: Answer): Promise<Turn> {
    const { actions, wasInterrupted } = answer;
    const text = storedText(answer.text).trim();
    const nextState = moved('processing', 'responding', answer.nextState);
    await this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[{ at: number }[], number]>(
        `UPDATE conversation_sessions SET state = $4, turn_id = NULL, turn_until = NULL, message_count = message_count + 1,
           active_at = clock_timestamp()
         WHERE user_id = $1 AND id = $2 AND turn_id = $3 RETURNING message_count - 1 AS at`,
        [owner.userId, session.id, turnId, nextState],
      );
      const [mine] = rows;
      // It was ended meanwhile, or somebody has gone on without us.
      if (mine === undefined) throw new ConversationEnded();
      await tx.insert(ConversationMessage, {
        userId: owner.userId,
        conversationId: session.id,
        sequence: mine.at,
        role: 'assistant',
        text,
        actions: actions as never,
        wasInterrupted,
        createdAt: () => 'clock_timestamp()',
      });
    });
    return { conversationId: session.id, sessionId: session.sessionId, text, actions, nextState, wasInterrupted };
  }

  /** Nothing was answered: it may be said again, unless who said it has gone on. @returns what is thrown */
  private async failed(owner: Owner, begun: Begun, error: unknown, given: AbortSignal | undefined): Promise<unknown> {
    const isGivenUp = given?.aborted === true;
    const { session, turnId } = begun;
    await this.db.asOwner(owner, async (tx) => {
      const [, mine] = await tx.query<[unknown, number]>(
        `UPDATE conversation_sessions SET state = $4, turn_id = NULL, turn_until = NULL,
           message_count = message_count - CASE WHEN $5 THEN 0 ELSE 1 END
         WHERE user_id = $1 AND id = $2 AND turn_id = $3`,
        [owner.userId, session.id, turnId, moved('processing', isGivenUp ? 'listening' : standing(session)), isGivenUp],
      );
      if (mine === 1 && !isGivenUp) {
        await tx.delete(ConversationMessage, {
          userId: owner.userId,
          conversationId: session.id,
          sequence: session.messageCount,
        });
      }
    });
    if (isGivenUp) return new AnswerGivenUp(error);
    this.log.warn({
      msg: 'A conversation got no answer',
      conversation_id: session.id,
      user_id: owner.userId,
      err: error,
    });
    const isBusy = !(error instanceof LanguageModelError) || error.trouble === 'moment';
    return isBusy ? new ModelBusy(error) : new NoAnswer(error);
  }

  private noteBroken(owner: Owner, { session }: Begun, error: unknown, given: AbortSignal | undefined): void {
    if (given?.aborted === true) return;
    this.log.warn({ msg: 'An answer broke off', conversation_id: session.id, user_id: owner.userId, err: error });
  }
}

/** An answer as it comes. */
class Answer {
  text = '';
  readonly actions: DoneAction[] = [];
  wasInterrupted = false;

  constructor(private readonly onDelta: ((delta: string) => void) | undefined) {}

  add(delta: string): void {
    this.text += delta;
    this.onDelta?.(delta);
  }

  get nextState(): 'listening' | 'clarifying' | 'closing' {
    const did = (type: DoneAction['type']) => this.actions.some((action) => action.type === type);
    if (did('end_conversation')) return 'closing';
    return did('ask_clarification') ? 'clarifying' : 'listening';
  }
}

const DONE: Readonly<Record<DoneAction['type'], string>> = {
  end_conversation: 'The conversation ends after your goodbye.',
  ask_clarification: 'Ask them what they mean.',
  save_customer_details: 'It was kept.',
};

/** Where it stands when whoever was thinking about it has died. */
export function standing({ state }: Pick<ConversationSession, 'state'>): ConversationState {
  return state === 'processing' || state === 'responding' ? 'listening' : state;
}

async function instructionsOf(
  tx: EntityManager,
  { userId, agent }: ConversationSession,
  customer: Customer | null,
): Promise<string> {
  const user = await tx.findOneOrFail(User, {
    where: { id: userId },
    select: { id: true, name: true, email: true },
  });
  return conversationInstructions(agent, displayNameOf(user), customer);
}
