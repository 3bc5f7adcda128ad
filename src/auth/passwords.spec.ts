import { SignInBusy } from './auth.errors';
import { Passwords } from './passwords';

it('knows the right password from others', async () => {
  const passwords = new Passwords();
  const hash = await passwords.hash('correct horse');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.matches(hash, 'correct horse')).toBe(true);
  expect(await passwords.matches(hash, 'Correct horse')).toBe(false);
  expect(await passwords.hash('correct horse')).not.toBe(hash);
});

it('never matches where there is no hash', async () => {
  const passwords = new Passwords();
  expect(await passwords.matches(undefined, 'the password of nobody')).toBe(false);
  expect(await passwords.matches(null, '')).toBe(false);
});

it('refuses a flood instead of queueing it all, and recovers', async () => {
  const passwords = new Passwords();
  const results = await Promise.allSettled(Array.from({ length: 205 }, () => passwords.hash('x')));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(3);
  for (const { reason } of refused) expect(reason).toBeInstanceOf(SignInBusy);
  expect(await passwords.hash('x')).toContain('argon2id');
}, 60_000);
