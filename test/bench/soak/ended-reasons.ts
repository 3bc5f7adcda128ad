import { api } from '../../support/api';
import { inParallel } from '../driver/driver';
import type { Product } from '../product';
import type { CallReport } from './callers';
import type { Counts } from './leaks';

const AT_ONCE = 4;

export interface EndedReasons {
  counts: Counts;
  /** Calls that are said to have ended in another way than they did, or not at all. */
  wrong: string[];
}

/** What the product says of the calls, when all are over. */
export async function endedReasonsOf(product: Product, reports: readonly CallReport[]): Promise<EndedReasons> {
  const counts: Counts = {};
  const wrong: string[] = [];
  await inParallel(reports, AT_ONCE, async ({ id, ending, expectedReasons }) => {
    const { status, text, body } = await api(product.url).get<{ ended_reason: string | null }>(`/calls/${id}`, {
      token: await product.token(),
    });
    if (status !== 200) throw new Error(`Call ${id} could not be read: ${text}`);
    const reason = body.ended_reason ?? 'not over';
    counts[reason] = (counts[reason] ?? 0) + 1;
    if (!expectedReasons.includes(reason)) wrong.push(`${id}: ${reason}, though it ended by ${ending}`);
  });
  return { counts, wrong };
}
