import { WriteBehind } from './write-behind';

const noPause = () => Promise.resolve();

describe('WriteBehind', () => {
  it('writes in order, one at a time, however long each takes', async () => {
    const written: number[] = [];
    const queue = new WriteBehind(
      () => undefined,
      () => false,
      noPause,
    );
    let underWay = 0;
    for (let i = 0; i < 20; i++) {
      queue.add('turn', async () => {
        expect(++underWay).toBe(1);
        await new Promise((done) => setImmediate(done));
        written.push(i);
        underWay--;
      });
    }
    await queue.drain();
    expect(written).toEqual([...Array(20).keys()]);
  });

  it('tries a failed write again before the next one', async () => {
    const written: string[] = [];
    let failures = 3;
    const queue = new WriteBehind(
      () => undefined,
      () => false,
      noPause,
    );
    queue.add('first', async () => {
      if (failures-- > 0) throw new Error('the database restarts');
      written.push('first');
      return Promise.resolve();
    });
    queue.add('second', () => Promise.resolve(void written.push('second')));
    await queue.drain();
    expect(written).toEqual(['first', 'second']);
  });

  it('gives up a write that never succeeds, says so, and goes on', async () => {
    const givenUp: string[] = [];
    const written: string[] = [];
    const queue = new WriteBehind(
      (what) => givenUp.push(what),
      () => false,
      noPause,
    );
    queue.add('hopeless', () => Promise.reject(new Error('no')));
    queue.add('fine', () => Promise.resolve(void written.push('fine')));
    await queue.drain();
    expect(givenUp).toEqual(['hopeless']);
    expect(written).toEqual(['fine']);
  });

  it('does not try again what can never succeed', async () => {
    let attempts = 0;
    const givenUp: string[] = [];
    const queue = new WriteBehind(
      (what) => givenUp.push(what),
      () => true,
      noPause,
    );
    queue.add('turn of an erased user', () => {
      attempts++;
      return Promise.reject(new Error('gone'));
    });
    await queue.drain();
    expect(attempts).toBe(1);
    expect(givenUp).toHaveLength(1);
  });

  it('drains what was added while it was draining', async () => {
    const written: string[] = [];
    const queue = new WriteBehind(
      () => undefined,
      () => false,
      noPause,
    );
    queue.add('outer', () => {
      queue.add('inner', () => Promise.resolve(void written.push('inner')));
      return Promise.resolve();
    });
    await queue.drain();
    expect(written).toEqual(['inner']);
  });
});
