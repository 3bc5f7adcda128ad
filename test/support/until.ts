/** Waits for something that happens elsewhere (a socket, another process) by asking again; fails with what it saw last. */
export async function until<T>(
  ask: () => Promise<T>,
  isThere: (value: T) => boolean,
  { withinMs = 20_000, what = 'the expected state' } = {},
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  while (true) {
    const value = await ask();
    if (isThere(value)) return value;
    if (Date.now() > giveUpAt) throw new Error(`Waited ${withinMs} ms for ${what}, and saw: ${JSON.stringify(value)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
