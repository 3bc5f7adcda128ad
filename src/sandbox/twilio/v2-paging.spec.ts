import { pageOfV2 } from './v2-paging';

interface Meta {
  page: number;
  page_size: number;
  first_page_url: string;
  previous_page_url: string | null;
  url: string;
  next_page_url: string | null;
}

describe('pages of a v2 list', () => {
  const page = (items: readonly number[], query: Record<string, string> = {}, maxPageSize?: number) => {
    const list = { key: 'numbers', items, positionOf: (n: number) => n, show: (n: number) => n, maxPageSize };
    const { numbers, meta } = pageOfV2(list, 'https://a.example/v2/Numbers', query);
    return { numbers, meta: meta as Meta };
  };
  const queryOf = (url: string | null) => Object.fromEntries(new URL(url ?? '').searchParams);
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

  it('lead forward and back by absolute addresses that keep the filters', () => {
    const first = page(upTo(5), { Status: 'completed', PageSize: '2' });
    expect(first.numbers).toEqual([0, 1]);
    expect(first.meta).toMatchObject({ key: 'numbers', page: 0, page_size: 2, previous_page_url: null });
    expect(first.meta.url).toBe('https://a.example/v2/Numbers?Status=completed&PageSize=2&Page=0');
    const second = page(upTo(5), queryOf(first.meta.next_page_url));
    expect(second).toMatchObject({ numbers: [2, 3], meta: { page: 1 } });
    expect(second.meta.first_page_url).toBe(first.meta.url);
    const third = page(upTo(5), queryOf(second.meta.next_page_url));
    expect(third).toMatchObject({ numbers: [4], meta: { page: 2, next_page_url: null } });
    expect(page(upTo(5), queryOf(third.meta.previous_page_url)).numbers).toEqual([2, 3]);
    expect(page(upTo(5), queryOf(second.meta.previous_page_url)).numbers).toEqual([0, 1]);
  });

  it('do not shift when rows come in front or the last one shown is deleted', () => {
    const { meta } = page([10, 20, 30, 40], { PageSize: '2' });
    expect(page([1, 2, 10, 30, 40], queryOf(meta.next_page_url)).numbers).toEqual([30, 40]);
    expect(page([1, 2], queryOf(meta.next_page_url)).numbers).toEqual([]);
  });

  it('go by the token alone: a page number without one is the first page', () => {
    expect(page(upTo(5), { PageSize: '2', Page: '1' }).numbers).toEqual([0, 1]);
  });

  it('have 50 rows, or as many as are asked for up to the most there can be', () => {
    expect(page(upTo(60)).numbers).toHaveLength(50);
    expect(page(upTo(1200), { PageSize: '1100' }).numbers).toHaveLength(1000);
    expect(page(upTo(1200), { PageSize: '1100' }, 5000).numbers).toHaveLength(1100);
  });

  it.each<Record<string, string>>([
    { PageSize: '0' },
    { PageSize: 'x' },
    { Page: '-1' },
    { PageToken: 'PTx' },
    { PageToken: 'nonsense' },
  ])('refuse %j', (query) => {
    expect(() => page(upTo(3), query)).toThrow(/cannot be/);
  });
});
