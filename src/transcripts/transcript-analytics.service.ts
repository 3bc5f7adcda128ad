import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import type { CallDirection } from '../calls/call.entity';
import { Database } from '../database/database';
import { TimeSpan, timeSpan } from '../database/time-span';
import {
  AnalyticsFilter,
  GroupFigures,
  groupFigures,
  TopicFigures,
  topicFigures,
} from './transcript-analytics.repository';

export interface Analytics extends TimeSpan {
  total: GroupFigures;
  byDay: ({ day: string } & GroupFigures)[];
  byScenario: ({ scenarioName: string | null } & GroupFigures)[];
  byDirection: ({ callDirection: CallDirection } & GroupFigures)[];
  /** Those that were talked about most. */
  topics: TopicFigures[];
}

const EVERYTHING = 0b111;
const BY_DAY = 0b011;
const BY_SCENARIO = 0b101;
const BY_DIRECTION = 0b110;

/** Counts conversations; the database does. */
@Injectable()
export class TranscriptAnalytics {
  constructor(private readonly db: Database) {}

  async of(owner: Owner, filter: AnalyticsFilter): Promise<Analytics> {
    const [[span], rows, topics] = await this.db.readAsOwner(
      owner,
      timeSpan(owner, filter),
      groupFigures(owner, filter),
      topicFigures(owner, filter),
    );
    if (span === undefined) throw new Error('No span was answered.');
    const grouped = (grouping: number) => rows.filter((row) => row.grouping === grouping);
    const [total = NOTHING] = grouped(EVERYTHING);
    return {
      ...span,
      topics,
      total,
      byDay: grouped(BY_DAY).map((row) => ({ ...row, day: row.day ?? '' })),
      byScenario: grouped(BY_SCENARIO),
      byDirection: grouped(BY_DIRECTION).map((row) => ({ ...row, callDirection: row.callDirection ?? 'outbound' })),
    };
  }
}

const NOTHING: GroupFigures = {
  calls: 0,
  totalDuration: 0,
  totalWords: 0,
  agentSpeakingMs: 0,
  customerSpeakingMs: 0,
  longestMonologueMs: 0,
  interruptions: 0,
  answers: 0,
  latencyP50Ms: null,
  latencyP95Ms: null,
  latencyP99Ms: null,
  positive: 0,
  neutral: 0,
  negative: 0,
  sentimentScore: null,
};
