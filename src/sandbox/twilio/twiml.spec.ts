import fc from 'fast-check';
import twilio from 'twilio';
import { BadTwiml, parseTwiml } from './twiml';
import { streamUrlProblem } from './twiml-connect';

describe('a TwiML document', () => {
  it('is read in order, with attributes and entities', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
      <Response>
        <Say voice="alice">Tom &amp; Jerry</Say><!-- a comment --><Pause length="2"/><Say>0042</Say>
        <Gather action="/a?b=1&amp;c=2"><Say>Press</Say></Gather>
      </Response>`;
    expect(parseTwiml(xml)).toMatchObject([
      { name: 'Say', attributes: { voice: 'alice' }, text: 'Tom & Jerry' },
      { name: 'Pause', attributes: { length: '2' } },
      { name: 'Say', text: '0042' },
      { name: 'Gather', attributes: { action: '/a?b=1&c=2' }, children: [{ name: 'Say', text: 'Press' }] },
    ]);
  });

  it('is what the SDK writes, whatever the parameters hold', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60, unit: fc.constantFrom(...'aB1 &<>"\'é/+=') }), (value) => {
        const response = new twilio.twiml.VoiceResponse();
        response.connect().stream({ url: 'wss://a.example/media' }).parameter({ name: 'token', value });
        const [connect] = parseTwiml(response.toString());
        expect(connect?.children[0]?.children[0]?.attributes).toEqual({ name: 'token', value });
      }),
    );
  });

  it.each([
    ['', 12100],
    ['no xml', 12100],
    ['<Response><Say></Response>', 12100],
    ['<Response/><Response/>', 12102],
    ['<Answer/>', 12102],
    ['<!DOCTYPE a [<!ENTITY b "c">]><Response>&b;</Response>', 12100],
  ])('%j is refused with %d', (xml, code) => {
    let failure: unknown;
    try {
      parseTwiml(xml);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(BadTwiml);
    expect((failure as BadTwiml).code).toBe(code);
  });
});

describe('the address of a stream', () => {
  it.each([
    ['wss://voice.example/media', true],
    ['ws://127.0.0.1:5050/media', true],
    ['ws://localhost/media', true],
    ['ws://voice.example/media', false],
    ['wss://voice.example/media?token=1', false],
    ['https://voice.example/media', false],
    ['media', false],
    ['', false],
  ])('%j is fine: %s', (url, isFine) => {
    expect(streamUrlProblem(url) === undefined).toBe(isFine);
  });
});
