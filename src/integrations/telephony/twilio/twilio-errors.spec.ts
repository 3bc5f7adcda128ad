import twilio from 'twilio';
import { CarrierBusy, CarrierOutcomeUnknown, CarrierRefused, CarrierUnreachable } from '../telephony';
import { toCarrierError } from './twilio-errors';

function answered(statusCode: number, body: unknown): Error {
  return new twilio.RestException({ statusCode, body });
}

function socketError(code: string, more: object = {}): Error {
  return Object.assign(new Error(code), { code }, more);
}

describe('an answer of Twilio', () => {
  it('that is a 4xx is a definite no, with its code and sentence', () => {
    const error = toCarrierError(answered(400, { code: 21215, message: 'Geo permissions', status: 400 }));
    expect(error).toBeInstanceOf(CarrierRefused);
    expect(error).toMatchObject({ carrierCode: 21215, message: 'Geo permissions' });
  });

  it.each([
    ['429', answered(429, { code: 20429, message: 'Too many' }), CarrierBusy],
    ['401', answered(401, { code: 20003, message: 'Authenticate' }), CarrierRefused],
    ['404 without JSON', answered(404, '<html>'), CarrierRefused],
    ['408 of a proxy', answered(408, '<html>'), CarrierOutcomeUnknown],
    ['500', answered(500, { code: 20500, message: 'Oops' }), CarrierOutcomeUnknown],
    ['502 without JSON', answered(502, '<html>'), CarrierOutcomeUnknown],
    ['503', answered(503, { code: 20503, message: 'Later' }), CarrierOutcomeUnknown],
  ])('%s', (_, error, kind) => {
    expect(toCarrierError(error)).toBeInstanceOf(kind);
  });
});

describe('no answer of Twilio', () => {
  it.each([
    ['a refused connection', socketError('ECONNREFUSED')],
    ['a name that does not resolve', socketError('ENOTFOUND', { syscall: 'getaddrinfo' })],
    ['a connection that took too long', socketError('ETIMEDOUT', { syscall: 'connect' })],
    ['a wrong certificate', socketError('CERT_HAS_EXPIRED')],
    ['a refused connection inside', new Error('wrapped', { cause: socketError('ECONNREFUSED') })],
  ])('because of %s: nothing was sent', (_, error) => {
    expect(toCarrierError(error)).toBeInstanceOf(CarrierUnreachable);
  });

  it.each([
    ['a reset', socketError('ECONNRESET', { syscall: 'read' })],
    ['a time limit', socketError('ECONNABORTED')],
    ['a silent connection', socketError('ETIMEDOUT', { syscall: 'read' })],
    ['a broken pipe', socketError('EPIPE', { syscall: 'write' })],
    ['anything else', new Error('?')],
    ['something thrown', 'text'],
  ])('because of %s: it may have been done', (_, error) => {
    expect(toCarrierError(error)).toBeInstanceOf(CarrierOutcomeUnknown);
  });

  it('keeps what it was already', () => {
    const error = new CarrierBusy('Too many', 20429);
    expect(toCarrierError(error)).toBe(error);
  });
});
