import { ForbiddenException, NotFoundException } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import { z } from 'zod';
import { AppError } from './app-error';
import { toProblem } from './problem';

const postgres = (code: string, detail?: string) =>
  new QueryFailedError('SELECT secret', ['parameter'], Object.assign(new Error('inside'), { code, detail }));

it('shows what an error of a room says', () => {
  const error = new AppError('conflict', 'room.in_use', 'It is in use.', {
    retryAfterSeconds: 3,
    extra: { call_id: 'x' },
  });
  expect(toProblem(error, 'request-1')).toEqual({
    isBug: false,
    retryAfterSeconds: 3,
    problem: {
      type: 'urn:speech-assistant:error:room.in_use',
      title: 'Conflict',
      status: 409,
      status_code: 409,
      code: 'room.in_use',
      detail: 'It is in use.',
      request_id: 'request-1',
      call_id: 'x',
    },
  });
});

it('does not let extra members replace the standard ones', () => {
  const error = new AppError('conflict', 'room.in_use', 'It is in use.', { extra: { status: 200, code: 'other' } });
  expect(toProblem(error).problem).toMatchObject({ status: 409, code: 'room.in_use' });
});

it('says nothing of what it does not know', () => {
  for (const error of [new TypeError('inside'), 'inside', undefined, null, postgres('42P01'), { status: 200 }]) {
    const { problem, isBug } = toProblem(error);
    expect(isBug).toBe(true);
    expect(problem).toMatchObject({ status: 500, detail: 'An unexpected error occurred. Please try again later.' });
    expect(JSON.stringify(problem)).not.toContain('inside');
  }
});

it('names each field that is wrong', () => {
  const schema = z.strictObject({ a: z.string(), list: z.array(z.object({ n: z.number() })) });
  const { error } = schema.safeParse({ a: 1, list: [{ n: 'x' }], b: 1, c: 2 });
  expect(toProblem(error).problem).toMatchObject({
    status: 422,
    code: 'request.invalid',
    errors: [{ field: 'a' }, { field: 'list.0.n' }, { field: 'b' }, { field: 'c' }],
  });
});

it.each([
  [new NotFoundException('Cannot GET /inside'), 404, 'request.route_not_found'],
  [new ForbiddenException(), 403, 'auth.forbidden'],
  [postgres('22P05'), 422, 'request.unstorable_value'],
  [postgres('22003'), 422, 'request.unstorable_value'],
  [postgres('23503', 'Key (user_id)=(5) is not present in table "users".'), 401, 'auth.not_authenticated'],
  [postgres('23503', 'Key (call_id)=(5) is not present in table "calls".'), 500, 'server.error'],
  [postgres('40001'), 503, 'database.conflict'],
  [postgres('40P01'), 503, 'database.conflict'],
  [postgres('53300'), 503, 'database.unavailable'],
  [postgres('57P01'), 503, 'database.unavailable'],
  [postgres('3D000'), 503, 'database.unavailable'],
  [new Error('timeout exceeded when trying to connect'), 503, 'database.unavailable'],
  [Object.assign(new Error('x'), { code: 'ECONNREFUSED', syscall: 'connect' }), 503, 'database.unavailable'],
])('%s is %i %s', (error, status, code) => {
  const { problem, retryAfterSeconds } = toProblem(error);
  expect(problem).toMatchObject({ status, code });
  expect(JSON.stringify(problem)).not.toContain('inside');
  if (status === 503) expect(retryAfterSeconds).toBeGreaterThan(0);
});
