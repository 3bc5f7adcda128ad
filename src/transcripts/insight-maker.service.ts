import { Inject, Injectable } from '@nestjs/common';
import { storedText } from '../common/stored-text';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { LanguageModel } from '../integrations/language-model/language-model';
import { questionAbout, toInsights } from './conversation-insights';
import { ConversationReader, Due, LEASE_SECONDS, Postponement, ReadingClaim } from './conversation-reader';
import type { FlowEntry } from './enhanced-content';

interface Claim extends ReadingClaim<number> {
  languageCode: string;
  flow: FlowEntry[];
}

/** Has a language model say of new transcripts how the customer felt and what they are about. */
@Injectable()
export class InsightMaker extends ConversationReader<number, Claim> {
  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly db: Database,
    private readonly model: LanguageModel,
  ) {
    super(config.transcripts.hasInsights);
  }

  protected async due(now: Date): Promise<Due<number>[]> {
    const rows = await this.db.lookup<{ user_id: number; id: number }>(
      'SELECT user_id, id FROM lookup_due_insights($1)',
      [now],
    );
    return rows.map(({ user_id: userId, id }) => ({ owner: { userId }, id }));
  }

  protected async claim({ owner, id }: Due<number>, now: Date): Promise<Claim | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[Omit<Claim, 'owner' | 'id'>[], number]>(
        `UPDATE enhanced_transcripts SET insight_due_at = clock_timestamp() + interval '${LEASE_SECONDS} seconds',
           insight_tries = insight_tries + 1
         WHERE user_id = $1 AND id = $2 AND insight_due_at <= $3 AND deleted_at IS NULL
         RETURNING insight_due_at::text AS lease, insight_tries AS tries, language_code AS "languageCode",
           conversation_flow AS flow`,
        [owner.userId, id, now],
      );
      return rows[0] === undefined ? null : { owner, id, ...rows[0] };
    });
  }

  protected async read(claim: Claim, signal: AbortSignal): Promise<void> {
    const { owner, id, lease } = claim;
    const { sentiment, score, topics } = toInsights(await this.model.answer({ ...questionAbout(claim), signal }));
    await this.db.writeAsOwner(owner, {
      text: `UPDATE enhanced_transcripts SET sentiment = $4, sentiment_score = $5, topics = $6::text[],
          insight_due_at = NULL, insight_error = NULL
        WHERE user_id = $1 AND id = $2 AND insight_due_at = $3::timestamptz`,
      values: [owner.userId, id, lease, sentiment, score, arrayLiteral(topics.map(storedText))],
    });
  }

  protected async postpone({ owner, id, lease }: Claim, postponement: Postponement): Promise<void> {
    const { sentence, tries, pauseSeconds } = postponement;
    await this.db.writeAsOwner(owner, {
      text: `UPDATE enhanced_transcripts SET insight_error = $4, insight_tries = $5::integer,
          insight_due_at = clock_timestamp() + $6::integer * interval '1 second'
        WHERE user_id = $1 AND id = $2 AND insight_due_at = $3::timestamptz`,
      values: [owner.userId, id, lease, sentence, tries, pauseSeconds],
    });
  }
}

function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
