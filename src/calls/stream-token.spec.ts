import { StreamTokens } from './stream-token';

const CALL = '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1';
const ATTEMPT = '0b8e4f65-8f0a-4d1c-8b9a-2f6f3d7f0c11';

describe('a stream token', () => {
  const tokens = new StreamTokens('a secret key of a server');

  it('is the same every time, and fits a TwiML parameter', () => {
    const token = tokens.tokenFor(CALL, ATTEMPT);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(new StreamTokens('a secret key of a server').tokenFor(CALL, ATTEMPT)).toBe(token);
  });

  it('is valid for its call and attempt alone', () => {
    const token = tokens.tokenFor(CALL, ATTEMPT);
    expect(tokens.isValid(token, CALL, ATTEMPT)).toBe(true);
    expect(tokens.isValid(token, ATTEMPT, CALL)).toBe(false);
    expect(tokens.isValid(token, CALL, CALL)).toBe(false);
    expect(new StreamTokens('another secret key').isValid(token, CALL, ATTEMPT)).toBe(false);
  });

  it.each(['', 'x', 'x'.repeat(43), 'ü'.repeat(43), '\0'])('does not trip over %p', (token) => {
    expect(tokens.isValid(token, CALL, ATTEMPT)).toBe(false);
  });
});
