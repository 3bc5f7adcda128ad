/** So many different requests are kept apart; of more, those that came up first are forgotten. */
const MAX_LINES = 20_000;
const OWN_PATH = /^\/sandbox(\/|$)/;

/** One line of the count, as `GET /sandbox/requests` tells it. */
interface RequestLine {
  method: string;
  /** Without its query. */
  path: string;
  count: number;
}

/** Which requests the providers have had, answered or not, so that a test can prove that there were none. */
export class RequestCount {
  private readonly lines = new Map<string, RequestLine>();

  /** The sandbox's own controls do not count. */
  note(method: string, url: string): void {
    const path = url.split('?')[0] ?? url;
    if (OWN_PATH.test(path)) return;
    const key = `${method} ${path}`;
    const line = this.lines.get(key);
    if (line) {
      line.count += 1;
      return;
    }
    this.lines.set(key, { method, path, count: 1 });
    for (const oldest of this.lines.keys()) {
      if (this.lines.size <= MAX_LINES) break;
      this.lines.delete(oldest);
    }
  }

  /** Those whose path begins so. */
  below(prefix: string): { path: string; count: number; requests: RequestLine[] } {
    const requests = [...this.lines.values()].filter(({ path }) => path.startsWith(prefix));
    return { path: prefix, count: requests.reduce((sum, { count }) => sum + count, 0), requests };
  }

  clear(): void {
    this.lines.clear();
  }
}
