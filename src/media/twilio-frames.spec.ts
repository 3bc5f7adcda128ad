import * as fc from 'fast-check';
import { CarrierFrameWriter, parseCarrierFrame, readInboundMedia, readMark, type InboundMedia } from './twilio-frames';

const empty = (): InboundMedia => ({ payloadBase64: '', timestampMs: -1 });
const base64 = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const digits = fc.nat({ max: 9_999_999 }).map(String);

/** What JSON.parse finds in an inbound media frame; null when it is none. */
function oracle(text: string): InboundMedia | null {
  const frame = parseCarrierFrame(text);
  if (frame?.event !== 'media' || frame.track !== 'inbound' || frame.timestampMs === null) return null;
  return { payloadBase64: frame.payloadBase64, timestampMs: frame.timestampMs };
}

describe('reading inbound media without parsing', () => {
  const media = { track: 'inbound', chunk: '2', timestamp: '5', payload: 'AAAA' };

  it.each([
    ['the sid first', { event: 'media', sequenceNumber: '4', streamSid: 'MZ1', media }],
    ['the sid last', { event: 'media', sequenceNumber: '4', media, streamSid: 'MZ1' }],
    ['no sid', { event: 'media', sequenceNumber: '4', media }],
  ])('takes the fast way with %s', (_, frame) => {
    const into = empty();
    expect(readInboundMedia(JSON.stringify(frame), into)).toBe(true);
    expect(into).toEqual({ payloadBase64: 'AAAA', timestampMs: 5 });
  });

  it.each([
    ['another track', { event: 'media', sequenceNumber: '4', media: { ...media, track: 'outbound' } }],
    ['another event', { event: 'mark', sequenceNumber: '4', mark: { name: 'm1' } }],
    ['a payload that is no base64', { event: 'media', sequenceNumber: '4', media: { ...media, payload: 'no, not!' } }],
    ['padding in the middle', { event: 'media', sequenceNumber: '4', media: { ...media, payload: 'AA==AAAA' } }],
    ['a torn payload', { event: 'media', sequenceNumber: '4', media: { ...media, payload: 'AAA' } }],
    ['more behind the payload', { event: 'media', sequenceNumber: '4', media: { ...media, more: 1 } }],
    ['a timestamp that is no number', { event: 'media', sequenceNumber: '4', media: { ...media, timestamp: '' } }],
  ])('leaves %s to the parser', (_, frame) => {
    expect(readInboundMedia(JSON.stringify(frame), empty())).toBe(false);
  });

  it('agrees with the parser on frames of every shape', () => {
    const payload = fc.oneof(base64, fc.string({ maxLength: 20 }));
    const frame = fc.record({
      event: fc.constantFrom('media', 'mark', 'dtmf'),
      sequenceNumber: fc.oneof(digits, fc.string()),
      streamSid: fc.oneof(fc.string(), fc.constant('MZ0123')),
      media: fc.record({ track: fc.constantFrom('inbound', 'outbound'), chunk: digits, timestamp: digits, payload }),
    });
    const text = fc
      .tuple(frame, fc.constantFrom(0, 1), fc.boolean(), fc.boolean())
      .map(([value, indent, sidLast, escaped]) => {
        const { streamSid, ...rest } = value;
        const json = JSON.stringify(sidLast ? { ...rest, streamSid } : value, null, indent);
        return escaped ? json.replaceAll('/', '\\/') : json;
      });
    fc.assert(
      fc.property(text, (json) => {
        const into = empty();
        if (readInboundMedia(json, into)) expect(into).toEqual(oracle(json));
      }),
      { numRuns: 500 },
    );
  });

  it('takes the fast way for every frame that Twilio writes', () => {
    fc.assert(
      fc.property(
        digits,
        digits,
        digits,
        base64,
        fc.boolean(),
        (sequenceNumber, chunk, timestamp, payload, sidLast) => {
          const inner = { track: 'inbound', chunk, timestamp, payload };
          const frame = sidLast
            ? { event: 'media', sequenceNumber, media: inner, streamSid: 'MZ1' }
            : { event: 'media', sequenceNumber, streamSid: 'MZ1', media: inner };
          const into = empty();
          expect(readInboundMedia(JSON.stringify(frame), into)).toBe(true);
          expect(into).toEqual({ payloadBase64: payload, timestampMs: Number(timestamp) });
        },
      ),
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        readInboundMedia(text, empty());
        parseCarrierFrame(text);
      }),
    );
    const good = JSON.stringify({ event: 'media', sequenceNumber: '4', media });
    for (let end = 0; end < good.length; end++) expect(readInboundMedia(good.slice(0, end), empty())).toBe(false);
  });
});

describe('parsing carrier frames', () => {
  const cases: [string, unknown, unknown][] = [
    ['dtmf', { event: 'dtmf', dtmf: { track: 'inbound_track', digit: '1' } }, { event: 'dtmf', digit: '1' }],
    ['mark', { event: 'mark', mark: { name: 'm1' } }, { event: 'mark', name: 'm1' }],
    ['stop', { event: 'stop', stop: { callSid: 'CA1' } }, { event: 'stop' }],
    ['connected', { event: 'connected', protocol: 'Call' }, { event: 'connected' }],
    ['an unknown event', { event: 'weather' }, { event: 'other', name: 'weather' }],
    [
      'start',
      {
        event: 'start',
        streamSid: 'MZ1',
        start: { accountSid: 'AC1', streamSid: 'MZ1', callSid: 'CA1', customParameters: { token: 't', odd: 1 } },
      },
      { event: 'start', streamSid: 'MZ1', callSid: 'CA1', accountSid: 'AC1', customParameters: { token: 't' } },
    ],
    [
      'media of another track',
      { event: 'media', media: { track: 'outbound', payload: 'AAAA' } },
      { event: 'media', track: 'outbound', payloadBase64: 'AAAA', timestampMs: null },
    ],
  ];
  it.each(cases)('reads %s', (_, frame, expected) => {
    expect(parseCarrierFrame(JSON.stringify(frame))).toEqual(expected);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"event":1}',
    '{"event":"media"}',
    '{"event":"media","media":{"track":"inbound","payload":"?"}}',
    '{"event":"mark","mark":{}}',
    '{"event":"dtmf"}',
    '{"event":"start","start":{}}',
    '\u0000',
  ])('refuses %j', (text) => {
    expect(parseCarrierFrame(text)).toBeNull();
  });
});

describe('writing frames for the carrier', () => {
  it('writes what JSON.stringify would', () => {
    fc.assert(
      fc.property(fc.string(), base64, fc.string(), (streamSid, payload, name) => {
        const writer = new CarrierFrameWriter(streamSid);
        expect(JSON.parse(writer.media(payload))).toEqual({ event: 'media', streamSid, media: { payload } });
        expect(JSON.parse(writer.mark(name))).toEqual({ event: 'mark', streamSid, mark: { name } });
        expect(JSON.parse(writer.clear)).toEqual({ event: 'clear', streamSid });
      }),
    );
  });
});

describe('a mark that comes back', () => {
  it('is read as JSON.parse would have', () => {
    const text = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(text, text, fc.nat(), fc.boolean(), (name, streamSid, number, isLate) => {
        const sequence = { sequenceNumber: String(number) };
        const mark = {
          event: 'mark',
          ...(isLate ? {} : sequence),
          streamSid,
          ...(isLate ? sequence : {}),
          mark: { name },
        };
        const wire = JSON.stringify(mark);
        const quick = readMark(wire);
        expect(parseCarrierFrame(wire)).toEqual({ event: 'mark', name });
        // Names with escapes are left to the parser.
        if (quick !== null) expect(quick).toBe(name);
        else expect(wire).toContain('\\');
      }),
    );
  });

  it('is not read out of anything else', () => {
    for (const wire of [
      '{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"m1"},"event":"stop"}',
      '{"event":"mark"}',
      '{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","mark":{"name":"m1"}}',
      '',
    ]) {
      expect(readMark(wire)).toBeNull();
    }
  });
});
