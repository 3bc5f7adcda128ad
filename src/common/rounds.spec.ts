import { Rounds } from './rounds';

const tick = () => new Promise((resolve) => setImmediate(resolve));

function scripted() {
  const ends: (() => void)[] = [];
  const failures: unknown[] = [];
  let begun = 0;
  const rounds = new Rounds(
    20,
    () => {
      begun++;
      return new Promise((resolve, reject) => {
        ends.push(() => (begun === 13 ? reject(new Error('unlucky')) : resolve()));
      });
    },
    (error) => failures.push(error),
  );
  const end = async () => {
    ends.shift()?.();
    await tick();
  };
  return { rounds, end, failures, begun: () => begun };
}

describe('rounds', () => {
  it('come one at a time; one that is called for meanwhile comes once, afterwards', async () => {
    const { rounds, end, begun } = scripted();
    rounds.callForOne();
    rounds.callForOne();
    rounds.callForOne();
    expect(begun()).toBe(1);
    await end();
    expect(begun()).toBe(2);
    await end();
    expect(begun()).toBe(2);
    await rounds.stop();
  });

  it('come by themselves, and not twice beside each other', async () => {
    const { rounds, end, begun } = scripted();
    rounds.begin();
    await new Promise((resolve) => setTimeout(resolve, 90));
    expect(begun()).toBe(1);
    await end();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(begun()).toBe(2);
    // The next one would come at any moment.
    const stopped = rounds.stop();
    await end();
    await stopped;
  });

  it('go on after one that failed, and tell of it', async () => {
    const { rounds, end, failures, begun } = scripted();
    for (let at = 0; at < 13; at++) {
      rounds.callForOne();
      await end();
    }
    expect(failures).toEqual([new Error('unlucky')]);
    rounds.callForOne();
    expect(begun()).toBe(14);
    await end();
    await rounds.stop();
  });

  it('are over when they are stopped, which waits for the last', async () => {
    const { rounds, end, begun } = scripted();
    rounds.callForOne();
    rounds.callForOne();
    let hasStopped = false;
    const stopped = rounds.stop().then(() => (hasStopped = true));
    await tick();
    expect(hasStopped).toBe(false);
    await end();
    await stopped;
    rounds.callForOne();
    expect(begun()).toBe(1);
  });
});
