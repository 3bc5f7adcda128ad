import { PageTokenNotOurs } from './transcripts.errors';

/** The last row of a page: the next one begins behind it, whatever has been added or deleted meanwhile. */
export interface PagePlace {
  at: Date;
  id: number;
}

const PLACE = /^(\d{1,16})\.(\d{1,10})$/;

/** Of dates with four digits for the year, and of PostgreSQL's integer. */
const LAST_YEAR = 9999;
const MAX_ID = 0x7fffffff;

export function pageToken({ at, id }: PagePlace): string {
  return Buffer.from(`${at.getTime()}.${id}`).toString('base64url');
}

/** @throws PageTokenNotOurs when it was not made by `pageToken` */
export function placeOf(token: string): PagePlace {
  const [, at, id] = PLACE.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? [];
  const date = new Date(Number(at));
  // NaN compares as false.
  if (!(date.getUTCFullYear() <= LAST_YEAR) || Number(id) > MAX_ID) throw new PageTokenNotOurs();
  return { at: date, id: Number(id) };
}
