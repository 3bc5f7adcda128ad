import { createHash } from 'node:crypto';
import twilio from 'twilio';
import { readConfig } from '../../../config/app-config';
import { TwilioTelephony } from './twilio-telephony';

const TOKEN = '12345';

const telephony = new TwilioTelephony(
  readConfig({
    SECRET_KEY: 'secret',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: TOKEN,
    TWILIO_PHONE_NUMBER: '+12025550000',
    OPENAI_API_KEY: 'sk',
  }),
);

describe('the signature of a form', () => {
  // The example of Twilio's documentation (reference/twilio.md section 7).
  const url = 'https://example.com/myapp.php?foo=1&bar=2';
  const params = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675310',
    Digits: '1234',
    From: '+14158675310',
    To: '+18005551212',
  };
  const signature = 'L/OH5YylLD5NRKLltdqwSvS0BnU=';

  it('is accepted as Twilio makes it', () => {
    expect(telephony.verifySignature({ url, params, signature })).toBe(true);
  });

  it.each([
    ['another value', { params: { ...params, Digits: '1235' } }],
    ['one field more', { params: { ...params, CallStatus: 'completed' } }],
    ['one field less', { params: { ...params, Digits: '' } }],
    ['another query', { url: 'https://example.com/myapp.php?foo=1&bar=3' }],
    ['no query', { url: 'https://example.com/myapp.php' }],
    ['another path', { url: 'https://example.com/myapp.php/?foo=1&bar=2' }],
    ['another host', { url: 'https://example.org/myapp.php?foo=1&bar=2' }],
    ['another scheme', { url: 'http://example.com/myapp.php?foo=1&bar=2' }],
    ['another signature', { signature: 'L/OH5YylLD5NRKLltdqwSvS0BnV=' }],
    ['no signature', { signature: '' }],
    ['a signature of another length', { signature: `${signature}AAAA` }],
    ['a signature that is none', { signature: 'ü\u0000' }],
    ['the signature of another token', { signature: twilio.getExpectedTwilioSignature('54321', url, params) }],
  ])('is refused with %s', (_, wrong) => {
    expect(telephony.verifySignature({ url, params, signature, ...wrong })).toBe(false);
  });
});

describe('the signature of a JSON body', () => {
  const rawBody = '{"transcript_sid":"GT1"}';
  const hash = createHash('sha256').update(rawBody).digest('hex');
  const url = `https://example.com/hook?bodySHA256=${hash}`;
  const signature = twilio.getExpectedTwilioSignature(TOKEN, url, {});

  it('covers the body by its hash', () => {
    expect(telephony.verifyBodySignature({ url, rawBody, signature })).toBe(true);
    expect(telephony.verifyBodySignature({ url, rawBody: `${rawBody} `, signature })).toBe(false);
  });

  it('is not taken where the hash is missing: nothing would cover the body', () => {
    const bare = 'https://example.com/hook';
    const overBare = twilio.getExpectedTwilioSignature(TOKEN, bare, {});
    expect(telephony.verifyBodySignature({ url: bare, rawBody, signature: overBare })).toBe(false);
  });
});

describe('the handshake of a media stream', () => {
  const url = 'wss://example.com/media-stream/sales';
  const signature = twilio.getExpectedTwilioSignature(TOKEN, url, {});

  it('is signed over the wss address exactly', () => {
    expect(telephony.verifyStreamHandshake(url, signature)).toBe(true);
    expect(telephony.verifyStreamHandshake('https://example.com/media-stream/sales', signature)).toBe(false);
    expect(telephony.verifyStreamHandshake(`${url}/`, signature)).toBe(false);
    expect(telephony.verifyStreamHandshake('wss://example.com/media-stream/support', signature)).toBe(false);
  });
});

describe('instructions', () => {
  it('connect the call to a stream, with what it needs to prove itself', () => {
    const url = 'wss://example.com/media-stream/custom_1_2';
    const after = 'https://example.com/twilio/stream-over/a';
    expect(telephony.connectStream(url, { call_id: 'c', token: '<&">' }, after)).toBe(
      `<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="${url}"><Parameter name="call_id" value="c"/><Parameter name="token" value="&lt;&amp;&quot;>"/></Stream></Connect><Redirect method="POST">${after}</Redirect></Response>`,
    );
  });

  it('hang up, silently or after a sentence', () => {
    expect(telephony.hangUpInstructions()).toContain('<Response><Hangup/></Response>');
    expect(telephony.sayAndHangUp('Good & bye', 'de-DE')).toContain(
      '<Response><Say language="de-DE" voice="Polly.Vicki-Neural">Good &amp; bye</Say><Hangup/></Response>',
    );
  });

  it.each([
    ['de', 'de-DE'],
    ['de-AT', 'de-AT'],
    ['de-CH', 'de-DE'],
    ['pt-br', 'pt-BR'],
    ['no', 'nb-NO'],
    ['nn-NO', 'nb-NO'],
    ['zh-Hant-TW', 'zh-TW'],
    ['ar', 'ar-XA'],
  ])('read %s aloud as %s, which Twilio knows', (tag, spokenIn) => {
    expect(telephony.sayAndHangUp('x', tag)).toContain(`<Say language="${spokenIn}"`);
  });

  it('leave a language that we have no sentences of to Twilio', () => {
    expect(telephony.sayAndHangUp('x', 'tlh')).toContain('<Say>x</Say>');
  });
});
