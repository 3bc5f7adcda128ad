import fc from 'fast-check';
import twilio from 'twilio';
import { signRequest } from './signature';

describe('the signature of a request', () => {
  it('is the one of the published example', () => {
    const fields = Object.entries({
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675310',
      Digits: '1234',
      From: '+14158675310',
      To: '+18005551212',
    });
    expect(signRequest('12345', 'https://example.com/myapp.php?foo=1&bar=2', fields)).toBe(
      'L/OH5YylLD5NRKLltdqwSvS0BnU=',
    );
  });

  it('is accepted by the SDK for any form', () => {
    const form = fc.dictionary(fc.stringMatching(/^[A-Za-z]{1,12}$/), fc.string({ maxLength: 40 }), { maxKeys: 12 });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), form, (token, params) => {
        const url = 'http://127.0.0.1:5050/call-status?attempt=1';
        const signature = signRequest(token, url, Object.entries(params));
        expect(twilio.validateRequest(token, signature, url, params)).toBe(true);
        expect(twilio.validateRequest(`${token}x`, signature, url, params)).toBe(false);
      }),
    );
  });

  it('of a handshake is over the wss address alone', () => {
    const url = 'wss://voice.example/media-stream/sales';
    expect(twilio.validateRequest('token', signRequest('token', url), url, {})).toBe(true);
  });
});
