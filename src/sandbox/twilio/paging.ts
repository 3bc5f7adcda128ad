import { TwilioRefusal } from './twilio-refusal';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;

/**
 * One page of a v2010 list with the addresses of its neighbours, which keep the filters of the query.
 * @throws TwilioRefusal when Page or PageSize is no number
 */
export function pageOf<T>(
  key: string,
  items: readonly T[],
  path: string,
  query: Record<string, string>,
  show: (item: T) => unknown,
): Record<string, unknown> {
  const pageSize = Math.min(MAX_PAGE_SIZE, wholeNumber(query, 'PageSize', DEFAULT_PAGE_SIZE, 1));
  const page = wholeNumber(query, 'Page', 0, 0);
  const start = page * pageSize;
  const shown = items.slice(start, start + pageSize);
  const uriOf = (number: number): string => {
    const others = Object.entries(query).filter(([name]) => !['Page', 'PageSize', 'PageToken'].includes(name));
    const params = new URLSearchParams([...others, ['PageSize', String(pageSize)], ['Page', String(number)]]);
    // The real API carries a token so that new rows do not shift the pages; here the page number is all.
    if (number > 0) params.set('PageToken', `PA${number}`);
    return `${path}?${params.toString()}`;
  };
  return {
    [key]: shown.map(show),
    page,
    page_size: pageSize,
    start,
    end: Math.max(start, start + shown.length - 1),
    uri: uriOf(page),
    first_page_uri: uriOf(0),
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
    next_page_uri: start + pageSize < items.length ? uriOf(page + 1) : null,
  };
}

/** @throws TwilioRefusal */
export function wholeNumber(query: Record<string, string>, field: string, otherwise: number, min: number): number {
  const written = query[field];
  if (written === undefined || written === '') return otherwise;
  const value = Number(written);
  if (!Number.isInteger(value) || value < min) throw new TwilioRefusal(20001, `${field} cannot be ${written}.`);
  return value;
}
