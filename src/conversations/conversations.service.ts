import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { isUniqueViolation } from '../common/database-errors';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Customers } from '../customers/customers.service';
import { Database } from '../database/database';
import { disclosureIn } from '../languages/languages';
import type { Agent } from '../scenarios/agent';
import { fillIn } from '../scenarios/fill-in';
import { ScenariosService } from '../scenarios/scenarios.service';
import { displayNameOf } from '../users/display-name';
import { User } from '../users/user.entity';
import { ConversationMessage } from './conversation-message.entity';
import { ConversationEnd, ConversationSession } from './conversation-session.entity';
import { ConversationState, moved } from './conversation-states';
import { ConversationNotFound } from './conversations.errors';

/** A conversation that shall begin. */
export interface NewConversation {
  /** Made where it is left out. */
  sessionId?: string | undefined;
  customerId?: string | undefined;
  /** In the place of the scenario's. */
  persona?: string | undefined;
  prompt?: string | undefined;
  /** A built-in name or an id of the user's; the general assistant where it is left out. */
  scenario?: string | undefined;
}

export interface ConversationFilter {
  customerId: string | undefined;
  state: ConversationState | undefined;
  limit: number;
  offset: number;
}

export interface ToldConversation {
  session: ConversationSession;
  /** In their order; of a long one the last. */
  messages: ConversationMessage[];
}

const DEFAULT_SCENARIO = 'default';

/** Conversations with agents, of which turns are made by conversation-turns.service.ts. */
@Injectable()
export class Conversations {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly scenarios: ScenariosService,
    private readonly customers: Customers,
  ) {}

  /**
   * The agent speaks first: who it is, and its greeting.
   * @throws InvalidScenario, CustomScenarioNotFound
   */
  async start(owner: Owner, { sessionId = randomUUID(), ...wanted }: NewConversation): Promise<ToldConversation> {
    const agent = await this.agentOf(owner, wanted);
    await this.db.asOwner(owner, (tx) => this.insert(tx, owner, sessionId, agent, wanted.customerId));
    return this.get(owner, sessionId);
  }

  /** The one that has this id, or a new one. @throws InvalidScenario, CustomScenarioNotFound */
  async open(owner: Owner, sessionId: string, wanted: Omit<NewConversation, 'sessionId'>): Promise<ToldConversation> {
    try {
      return await this.get(owner, sessionId);
    } catch (error) {
      if (!(error instanceof ConversationNotFound)) throw error;
    }
    return this.start(owner, { ...wanted, sessionId }).catch((error: unknown) => {
      // Somebody else of the same user has begun it at the same moment.
      if (isUniqueViolation(error)) return this.get(owner, sessionId);
      throw error;
    });
  }

  /** @param most of its messages @throws ConversationNotFound */
  async get(owner: Owner, sessionId: string, most = 200): Promise<ToldConversation> {
    return this.db.asOwner(owner, async (tx) => {
      const session = await tx.findOneBy(ConversationSession, { userId: owner.userId, sessionId });
      if (session === null) throw new ConversationNotFound();
      return { session, messages: await lastMessages(tx, session, most) };
    });
  }

  /** Newest first. */
  async list(
    owner: Owner,
    { customerId, state, limit, offset }: ConversationFilter,
  ): Promise<Page<ConversationSession>> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows, total] = await tx.findAndCount(ConversationSession, {
        where: {
          userId: owner.userId,
          ...(customerId === undefined ? {} : { customerId }),
          ...(state === undefined ? {} : { state }),
        },
        order: { createdAt: 'DESC', id: 'DESC' },
        take: limit,
        skip: offset,
      });
      return { rows, total };
    });
  }

  /** Nothing is said any more, not even what is being thought of; one that has ended stays as it is. @throws ConversationNotFound */
  async end(owner: Owner, sessionId: string): Promise<ToldConversation> {
    await this.db.asOwner(owner, async (tx) => {
      const session = await lockedSession(tx, owner, sessionId);
      if (session.endedAt === null) await endIn(tx, session, 'requested');
    });
    return this.get(owner, sessionId);
  }

  private async agentOf(
    owner: Owner,
    { scenario = DEFAULT_SCENARIO, persona, prompt }: Omit<NewConversation, 'sessionId'>,
  ): Promise<Agent> {
    const agent = await this.scenarios.resolveAgent(owner, scenario);
    return { ...agent, ...(persona === undefined ? {} : { persona }), ...(prompt === undefined ? {} : { prompt }) };
  }

  private async insert(
    tx: EntityManager,
    owner: Owner,
    sessionId: string,
    agent: Agent,
    customerId: string | undefined,
  ): Promise<void> {
    if (customerId !== undefined) await this.customers.byKey(tx, owner, customerId);
    const user = await tx.findOneOrFail(User, {
      where: { id: owner.userId },
      select: { id: true, name: true, email: true },
    });
    const { identifiers } = await tx.insert(ConversationSession, {
      userId: owner.userId,
      sessionId,
      customerId: customerId ?? null,
      agent: agent as never,
      state: 'greeting',
      messageCount: 1,
    });
    await tx.insert(ConversationMessage, {
      userId: owner.userId,
      conversationId: identifiers[0]?.['id'] as string,
      sequence: 0,
      role: 'assistant',
      text: this.greetingOf(agent, displayNameOf(user)),
    });
  }

  private greetingOf(agent: Agent, ownerName: string): string {
    const greeting = fillIn(agent.greeting ?? '', {}).trim();
    const disclosure = disclosureIn(agent.language, ownerName);
    if (greeting === '') return disclosure;
    return this.config.calls.aiDisclosure ? `${disclosure} ${greeting}` : greeting;
  }
}

/** Under its lock. @throws ConversationNotFound */
export async function lockedSession(tx: EntityManager, owner: Owner, sessionId: string): Promise<ConversationSession> {
  const session = await tx.findOne(ConversationSession, {
    where: { userId: owner.userId, sessionId },
    lock: { mode: 'pessimistic_write' },
  });
  if (session === null) throw new ConversationNotFound();
  return session;
}

/** The newest, in the order in which they were said. */
export async function lastMessages(
  tx: EntityManager,
  { userId, id }: Pick<ConversationSession, 'userId' | 'id'>,
  most: number,
): Promise<ConversationMessage[]> {
  const newest = await tx.find(ConversationMessage, {
    where: { userId, conversationId: id },
    order: { sequence: 'DESC' },
    take: most,
  });
  return newest.reverse();
}

/** Under its lock. */
export async function endIn(
  tx: EntityManager,
  { userId, id, state }: Pick<ConversationSession, 'userId' | 'id' | 'state'>,
  reason: ConversationEnd,
): Promise<void> {
  await tx.update(
    ConversationSession,
    { userId, id },
    {
      state: moved(state, 'ended'),
      turnId: null,
      turnUntil: null,
      endedAt: () => 'clock_timestamp()',
      endedReason: reason,
    },
  );
}
