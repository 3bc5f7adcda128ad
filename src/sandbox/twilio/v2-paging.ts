import { wholeNumber } from './paging';
import { TwilioRefusal } from './twilio-refusal';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;

export interface V2List<T> {
  /** The name of the list in the answer. */
  key: string;
  /** In the order in which they are shown. */
  items: readonly T[];
  /** Grows along the list and stays the same for an item, so that rows which come and go shift no page. */
  positionOf: (item: T) => number;
  show: (item: T) => unknown;
  maxPageSize?: number;
}

/**
 * One page of a v2 list, with absolute addresses of its neighbours, which keep the filters of the query. Where a page
 * begins is in its PageToken alone; `Page` is only counted along.
 * @param url absolute, without a query
 * @throws TwilioRefusal when Page or PageSize is no number, or the token none of this sandbox
 */
export function pageOfV2<T>(list: V2List<T>, url: string, query: Record<string, string>): Record<string, unknown> {
  const { key, items, positionOf, show, maxPageSize = MAX_PAGE_SIZE } = list;
  const pageSize = Math.min(maxPageSize, wholeNumber(query, 'PageSize', DEFAULT_PAGE_SIZE, 1));
  const page = wholeNumber(query, 'Page', 0, 0);
  const start = startOf(items, positionOf, query['PageToken']);
  const urlOf = (number: number, from: number): string => {
    const others = Object.entries(query).filter(([name]) => !['Page', 'PageSize', 'PageToken'].includes(name));
    const params = new URLSearchParams([...others, ['PageSize', String(pageSize)], ['Page', String(number)]]);
    const before = items[from - 1];
    if (before !== undefined) params.set('PageToken', tokenOf(positionOf(before)));
    return `${url}?${params.toString()}`;
  };
  return {
    [key]: items.slice(start, start + pageSize).map(show),
    meta: {
      key,
      page,
      page_size: pageSize,
      first_page_url: urlOf(0, 0),
      previous_page_url: start > 0 ? urlOf(Math.max(0, page - 1), Math.max(0, start - pageSize)) : null,
      url: urlOf(page, start),
      next_page_url: start + pageSize < items.length ? urlOf(page + 1, start + pageSize) : null,
    },
  };
}

/** The first item after the one that the token names, which may be gone by now. */
function startOf<T>(items: readonly T[], positionOf: (item: T) => number, token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  const after = positionIn(token);
  const found = items.findIndex((item) => positionOf(item) > after);
  return found < 0 ? items.length : found;
}

function tokenOf(position: number): string {
  return `PT${Buffer.from(String(position)).toString('base64url')}`;
}

function positionIn(token: string): number {
  const written = Buffer.from(token.slice(2), 'base64url').toString();
  if (!/^-?\d+$/.test(written) || tokenOf(Number(written)) !== token) {
    throw new TwilioRefusal(20001, `PageToken cannot be ${token}.`);
  }
  return Number(written);
}
