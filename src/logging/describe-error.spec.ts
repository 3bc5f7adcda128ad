import { QueryFailedError } from 'typeorm';
import { describeError } from './describe-error';

it('keeps what happened and where, and drops what it happened with', () => {
  const driver = Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), {
    code: '23505',
    detail: 'Key (email)=(ada@example.com) already exists.',
  });
  const described = describeError(new QueryFailedError('INSERT INTO users …', ['ada@example.com', 'hash'], driver));
  expect(described).toMatchObject({
    type: 'QueryFailedError',
    message: expect.stringContaining('users_email_key') as string,
    stack: expect.stringContaining('describe-error.spec') as string,
    code: '23505',
  });
  expect(JSON.stringify(described)).not.toMatch(/ada@example\.com|hash/);
});

it('follows causes, but not for ever', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  expect(describeError(error)).toMatchObject({ message: 'outer', cause: { message: 'inner' } });
  const endless: Error & { cause?: unknown } = new Error('again');
  endless.cause = endless;
  expect(JSON.stringify(describeError(endless)).match(/"again"/g)).toHaveLength(5);
});

it.each([
  ['text', { type: 'string', message: 'text' }],
  [undefined, { type: 'undefined', message: 'undefined' }],
  [{ message: 5 }, { type: 'Error', message: '' }],
])('describes %j as well', (thrown, described) => {
  expect(describeError(thrown)).toEqual(described);
});

it('drops phone numbers, which carriers quote in their sentences', () => {
  const cause = new Error('Number 12025550166 is blocked');
  const described = JSON.stringify(describeError(new Error('The number +1 (202) 555-0166 is unverified', { cause })));
  expect(described).not.toMatch(/0166/);
  expect(described).toContain('The number [number] is unverified');
});
