import type { FastifyReply } from 'fastify';
import { z } from 'zod';

export const TOTAL_COUNT_HEADER = 'X-Total-Count';
/** Asks for the page behind this one; not there on the last. */
export const NEXT_PAGE_TOKEN_HEADER = 'X-Next-Page-Token';

/** Far enough for any list, and within PostgreSQL's bigint. */
export const MAX_OFFSET = 1_000_000_000;

/** A whole number in a query string, where everything is text. */
export const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** `limit` and `offset` of a list. @param defaultLimit what is given when nothing is asked for */
export const pagingQuery = (defaultLimit = 50, maxLimit = 200) =>
  z.strictObject({
    limit: wholeNumber(1, maxLimit).default(defaultLimit).describe(`How many at most, 1 to ${maxLimit}`),
    offset: wholeNumber(0, MAX_OFFSET).default(0).describe('How many to leave out first'),
  });

export interface Page<Row> {
  rows: Row[];
  /** How many there are in all, whatever the limit. */
  total: number;
}

/** Tells the total beside the rows, which are the body. */
export function sendPage<Row, Dto>(reply: FastifyReply, page: Page<Row>, toDto: (row: Row) => Dto): Dto[] {
  reply.header(TOTAL_COUNT_HEADER, String(page.total));
  return page.rows.map(toDto);
}
