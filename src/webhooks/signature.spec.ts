import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { newSecret, signedHeaders } from './signature';

const BODY = JSON.stringify({ type: 'call.ended', timestamp: '2026-12-01T10:00:00.000Z', data: { notes: 'Grüße 🙂' } });

describe('a signed delivery', () => {
  it('is what the specification’s own library verifies', () => {
    fc.assert(
      fc.property(fc.json(), fc.uuid(), (body, id) => {
        const secret = newSecret();
        const headers = signedHeaders(id, new Date(), body, [secret]);
        expect(new Webhook(secret).verify(body, { ...headers })).toEqual(JSON.parse(body));
      }),
      { numRuns: 50 },
    );
  });

  it('is verified by either secret while both are in use, and by no other', () => {
    const [now, before] = [newSecret(), newSecret()];
    const headers = { ...signedHeaders(randomUUID(), new Date(), BODY, [now, before]) };
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    expect(() => new Webhook(now).verify(BODY, headers)).not.toThrow();
    expect(() => new Webhook(before).verify(BODY, headers)).not.toThrow();
    expect(() => new Webhook(newSecret()).verify(BODY, headers)).toThrow('No matching signature');
  });

  it('is of this body, this id and this time', () => {
    const secret = newSecret();
    const headers = { ...signedHeaders(randomUUID(), new Date(), BODY, [secret]) };
    const verify = (body: string, changed: Partial<typeof headers> = {}) =>
      new Webhook(secret).verify(body, { ...headers, ...changed });
    expect(() => verify(`${BODY} `)).toThrow();
    expect(() => verify(BODY, { 'webhook-id': randomUUID() })).toThrow();
    expect(() => verify(BODY, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) })).toThrow();
    const old = { ...signedHeaders(randomUUID(), new Date(Date.now() - 3600_000), BODY, [secret]) };
    expect(() => new Webhook(secret).verify(BODY, old)).toThrow('too old');
  });

  it('is verified by the example of docs/webhooks.md', () => {
    const page = readFileSync(join(__dirname, '..', '..', 'docs', 'webhooks.md'), 'utf8');
    const [, code = ''] = /```js\n(.+?)```/s.exec(page) ?? [];
    const body = code.replace(/^import .+$/m, '').replace('export function', 'return function');
    type Example = (secret: string, headers: object, body: string) => boolean;
    const make = new Function('createHmac', 'timingSafeEqual', body) as (...given: unknown[]) => Example;
    const isGenuine = make(createHmac, timingSafeEqual);
    const [now, before] = [newSecret(), newSecret()];
    const headers = signedHeaders(randomUUID(), new Date(), BODY, [now, before]);
    expect([now, before].map((secret) => isGenuine(secret, headers, BODY))).toEqual([true, true]);
    expect(isGenuine(newSecret(), headers, BODY)).toBe(false);
    expect(isGenuine(now, headers, `${BODY} `)).toBe(false);
    expect(isGenuine(now, signedHeaders(randomUUID(), new Date(Date.now() - 3600_000), BODY, [now]), BODY)).toBe(false);
  });

  it('has a secret of 32 random bytes', () => {
    const secrets = Array.from({ length: 20 }, newSecret);
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    }
  });
});
