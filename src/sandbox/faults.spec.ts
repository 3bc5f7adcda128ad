import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS_BY_PROVIDER, FaultBox, type FaultOrder, type FaultProvider } from './faults';
import { MAGIC_NUMBERS } from './phone/directory';

const CALL = { callSid: 'CA1', number: '+12025550113' };
const SESSION = { sessionId: 'sess_1', instructions: 'You are Mary from Acme.' };

describe('faults', () => {
  let faults: FaultBox;
  beforeEach(() => {
    faults = new FaultBox();
  });

  it('strike as often as was ordered, equal ones one after the other with their own delays', () => {
    faults.arm({ provider: 'twilio', fault: 'slow', count: 2, after_ms: 10 });
    faults.arm({ provider: 'twilio', fault: 'slow' });
    expect(faults.take('openai', 'slow')).toBeUndefined();
    expect(faults.take('twilio', 'slow')).toEqual({ afterMs: 10 });
    expect(faults.list()).toEqual([
      { provider: 'twilio', fault: 'slow', remaining: 1, after_ms: 10 },
      { provider: 'twilio', fault: 'slow', remaining: 1 },
    ]);
    expect(faults.take('twilio', 'slow', CALL)).toEqual({ afterMs: 10 });
    expect(faults.take('twilio', 'slow')).toEqual({});
    expect(faults.take('twilio', 'slow')).toBeUndefined();
    expect(faults.isEmpty).toBe(true);
  });

  it.each<[string, Partial<FaultOrder>, object, boolean]>([
    ['a call', { call_sid: 'CA1' }, CALL, true],
    ['another call', { call_sid: 'CA2' }, CALL, false],
    ['a phone', { number: '+12025550113' }, CALL, true],
    ['another phone', { number: '+12025550114' }, CALL, false],
    ['a phone of another call', { number: '+12025550113', call_sid: 'CA2' }, CALL, false],
    ['a call where none is known', { call_sid: 'CA1' }, {}, false],
    ['a session', { provider: 'openai', session: 'sess_1' }, SESSION, true],
    ['another session', { provider: 'openai', session: 'sess_2' }, SESSION, false],
    ['a session by its instructions', { provider: 'openai', match: 'from Acme' }, SESSION, true],
    ['a session of other instructions', { provider: 'openai', match: 'from Bolt' }, SESSION, false],
    ['a person', { provider: 'google', email: 'Alex@example.com' }, { email: 'alex@example.com' }, true],
    ['another person', { provider: 'google', email: 'alex@example.com' }, { email: 'lena@example.org' }, false],
    ['a person who is not known yet', { provider: 'google', email: 'alex@example.com' }, {}, false],
    ['a session that is not known yet', { provider: 'openai', match: 'from Acme' }, {}, false],
  ])('aimed at %s', (_whom, aim, site, strikes) => {
    const order = { provider: 'twilio', fault: 'slow', ...aim };
    faults.arm(order);
    const taken = faults.take(order.provider as FaultProvider, 'slow', site);
    expect(taken !== undefined).toBe(strikes);
    expect(faults.isEmpty).toBe(strikes);
  });

  it('wait for their moment, and an early one does not stand in the way of one that is due', () => {
    faults.arm({ provider: 'twilio', fault: 'flood', after_ms: 5000 });
    faults.arm({ provider: 'twilio', fault: 'flood', after_ms: 100 });
    expect(faults.takeDue('twilio', 'flood', CALL, 99)).toBeUndefined();
    expect(faults.takeDue('twilio', 'flood', CALL, 100)).toEqual({ afterMs: 100 });
    expect(faults.takeDue('twilio', 'flood', CALL, 4999)).toBeUndefined();
    expect(faults.takeDue('twilio', 'flood', CALL, 5000)).toEqual({ afterMs: 5000 });
  });

  it.each([
    [1, 0, 1],
    [1, 3, 0],
    [3, 1, 2],
    [50, 50, 0],
  ])('%d strikes of which %d were made at once leave %d', (count, struck, left) => {
    const seen: unknown[] = [];
    faults.whenArmed((fault) => {
      seen.push(fault);
      return struck;
    });
    const order = { provider: 'openai', fault: 'drop_socket', after_ms: 0 };
    expect(faults.arm({ ...order, count })).toEqual({ ...order, remaining: count });
    expect(seen).toEqual([{ ...order, remaining: count }]);
    expect(faults.list()).toEqual(left === 0 ? [] : [{ ...order, remaining: left }]);
  });

  it.each<[FaultOrder, RegExp]>([
    [
      { provider: 'nobody', fault: 'slow' },
      /^"nobody" is not simulated here\. Providers: twilio, openai, google, mail, storage\.$/,
    ],
    [{ provider: 'twilio', fault: 'sneeze' }, /^"sneeze" is not a fault of twilio\. It has: http_429, /],
    [
      { provider: 'twilio', fault: 'slow', match: 'x' },
      /^A fault of twilio is aimed by call_sid or number, not by match/,
    ],
    [{ provider: 'openai', fault: 'stall', number: '+1' }, /^A fault of openai is aimed by session or match/],
    [{ provider: 'google', fault: 'expire_token', match: 'x' }, /^A fault of google is aimed by email, not by match/],
    [{ provider: 'openai', fault: 'refuse_socket', match: 'x' }, /^"refuse_socket" strikes before a session says/],
    [{ provider: 'twilio', fault: 'wrong_amd' }, /^"wrong_amd" needs a result: human, machine_start, /],
    [{ provider: 'twilio', fault: 'late_amd', result: 'fax' }, /^A result is for "wrong_amd" only\.$/],
  ])('refuses %j with a sentence', (order, sentence) => {
    expect(() => faults.arm(order)).toThrow(sentence);
    expect(faults.isEmpty).toBe(true);
  });
});

describe('a fault with a share', () => {
  it('strikes about so many of those it could, the same ones each time', () => {
    const struck = () => {
      const box = new FaultBox();
      box.arm({ provider: 'storage', fault: 'http_500', share: 0.5, count: 10_000 });
      return Array.from({ length: 1000 }, () => box.take('storage', 'http_500') !== undefined);
    };
    const times = struck().filter(Boolean).length;
    expect(times).toBeGreaterThan(400);
    expect(times).toBeLessThan(600);
    expect(struck()).toEqual(struck());
  });
});

describe('docs/sandbox.md', () => {
  const page = readFileSync(join(__dirname, '../../docs/sandbox.md'), 'utf8');

  it.each(Object.entries(FAULTS_BY_PROVIDER))('tells what every fault of %s does', (provider, faults) => {
    const section = page.split(/^### Of /m).find((part) => part.toLowerCase().startsWith(provider)) ?? '';
    const named = [...section.matchAll(/^\| (.*?) +\|/gm)].flatMap(([, cell = '']) => cell.match(/\w{4,}/g) ?? []);
    expect(named.filter((name) => name !== 'fault' && name !== 'result').sort()).toEqual([...faults].sort());
  });

  it('tells who is behind every number', () => {
    const beyond = Object.keys(MAGIC_NUMBERS).flatMap((number) => /^\+1202555(02\d\d)/.exec(number)?.[1] ?? []);
    expect(beyond.length).toBeGreaterThan(0);
    for (const digits of beyond) expect(page).toMatch(new RegExp(`^\\| ${digits} +\\|`, 'm'));
  });
});
