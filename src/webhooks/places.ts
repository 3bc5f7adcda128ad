/** At once to one webhook: it may be slow, or meant to be. */
const OF_WEBHOOK = 4;
/** At once to all webhooks of one user. */
const OF_USER = 8;
/** Of everybody, in this process: each is a socket that mostly waits. */
const OF_ALL = 400;

/** What is under way at the moment, so that one slow target takes nobody else's place. */
export class Places {
  private readonly ofWebhook = new Map<number, number>();
  private readonly ofUser = new Map<number, number>();
  private taken = 0;

  /** How many more there may be to this one. */
  room(userId: number, webhookId: number): number {
    const left = [
      OF_WEBHOOK - (this.ofWebhook.get(webhookId) ?? 0),
      OF_USER - (this.ofUser.get(userId) ?? 0),
      OF_ALL - this.taken,
    ];
    return Math.max(0, Math.min(...left));
  }

  take(userId: number, webhookId: number): void {
    this.add(userId, webhookId, 1);
  }

  release(userId: number, webhookId: number): void {
    this.add(userId, webhookId, -1);
  }

  get fullWebhooks(): number[] {
    return fullOf(this.ofWebhook, OF_WEBHOOK);
  }

  get fullUsers(): number[] {
    return fullOf(this.ofUser, OF_USER);
  }

  private add(userId: number, webhookId: number, change: number): void {
    this.taken += change;
    addTo(this.ofWebhook, webhookId, change);
    addTo(this.ofUser, userId, change);
  }
}

function addTo(counts: Map<number, number>, key: number, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function fullOf(counts: ReadonlyMap<number, number>, most: number): number[] {
  return [...counts].filter(([, count]) => count >= most).map(([key]) => key);
}
