import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { CannotOpen, SecretBox } from './secret-box';

const [OLD, NEW] = [randomBytes(32), randomBytes(32)];
const box = new SecretBox([OLD], 'test');

it('opens what it has sealed, in its place', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (secret, place) => {
      expect(box.open(box.seal(secret, place), place)).toBe(secret);
    }),
  );
});

it('seals the same secret differently each time, and shows nothing of it', () => {
  const [one, other] = [box.seal('1//refresh-token', 'a'), box.seal('1//refresh-token', 'a')];
  expect(one).not.toBe(other);
  expect(Buffer.from(one.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('refresh');
});

it('opens nothing in another place, of another purpose, or changed', () => {
  const sealed = box.seal('secret', 'grants:1:7');
  expect(() => box.open(sealed, 'grants:1:8')).toThrow(CannotOpen);
  expect(() => new SecretBox([OLD], 'other').open(sealed, 'grants:1:7')).toThrow(CannotOpen);
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    // The last character of base64 may carry bits that are none.
    if (
      Buffer.from(changed.split('.')[2] ?? '', 'base64url').equals(
        Buffer.from(sealed.split('.')[2] ?? '', 'base64url'),
      ) &&
      changed.startsWith(sealed.slice(0, 11))
    )
      continue;
    expect(() => box.open(changed, 'grants:1:7')).toThrow(CannotOpen);
  }
  for (const none of ['', 'v1', 'v1..', `v1.${box.keyId}.`, 'v2.a.b', 'plain']) {
    expect(() => box.open(none, 'grants:1:7')).toThrow(CannotOpen);
  }
});

it('opens what a previous key has sealed, and seals with the new one', () => {
  const rotated = new SecretBox([NEW, OLD], 'test');
  expect(rotated.open(box.seal('secret', 'a'), 'a')).toBe('secret');
  expect(rotated.seal('secret', 'a').split('.')[1]).toBe(rotated.keyId);
  expect(rotated.keyId).not.toBe(box.keyId);
  expect(() => box.open(rotated.seal('secret', 'a'), 'a')).toThrow(/neither ENCRYPTION_KEY nor a previous one/);
});
