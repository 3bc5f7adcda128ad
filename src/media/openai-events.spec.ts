import * as fc from 'fast-check';
import { asAudioDelta, AudioDeltaReader, parseModelEvent, type AudioDelta } from './openai-events';
import { parseObject } from './wire-json';

/** What a fresh reader finds; null when the text is left to the parser. */
function read(text: string): AudioDelta | null {
  const reader = new AudioDeltaReader();
  return reader.read(text) ? reader.delta : null;
}
const base64 = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const id = fc.stringMatching(/^[A-Za-z0-9_]{1,30}$/);

const delta = {
  type: 'response.output_audio.delta',
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  delta: 'AAAA',
};

function shuffled(value: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(value);
  return fc
    .shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length })
    .map((order) => Object.fromEntries(order));
}

describe('reading audio deltas without parsing', () => {
  const { event_id: eventId, type, ...rest } = delta;
  it.each([
    ['as the server writes it', delta],
    ['with its id first', { event_id: eventId, type, ...rest }],
    ['without an id', { type, ...rest }],
  ])('takes the fast way for a delta %s', (_, event) => {
    const found = { responseId: 'resp_1', itemId: 'item_1', contentIndex: 0, payloadBase64: 'AAAA' };
    expect(read(JSON.stringify(event))).toEqual(found);
  });

  it('finds the same by either way, in any order of members', () => {
    fc.assert(
      fc.property(shuffled(delta), (event) => {
        const expected = { responseId: 'resp_1', itemId: 'item_1', contentIndex: 0, payloadBase64: 'AAAA' };
        expect(parseModelEvent(JSON.stringify(event))).toEqual({ type: 'output_audio.delta', delta: expected });
      }),
    );
  });

  it('agrees with JSON.parse on every event, whatever its white space, escapes and order', () => {
    const odd = fc.oneof(fc.string(), fc.constantFrom('a"b', 'a\\', '\\u0041', '","delta":"BBBB'));
    const event = fc
      .record({
        type: fc.oneof(fc.constant(delta.type), fc.constant('response.output_audio.done'), odd),
        event_id: fc.oneof(id, odd),
        response_id: fc.oneof(id, odd),
        item_id: fc.oneof(id, odd),
        output_index: fc.nat(),
        content_index: fc.oneof(fc.nat(), fc.constant(null), fc.constant(-1), fc.constant(1.5)),
        delta: fc.oneof(base64, odd),
        obfuscation: fc.oneof(fc.constant(undefined), odd, fc.object()),
      })
      .chain((value) => fc.tuple(fc.oneof(fc.constant(value), shuffled(value)), fc.constantFrom(0, 1, '\t')))
      .map(([value, indent]) => JSON.stringify(value, null, indent));
    // One reader for all, which remembers what the last ones looked like.
    const reader = new AudioDeltaReader();
    fc.assert(
      fc.property(event, (text) => {
        if (!reader.read(text)) return;
        const parsed = JSON.parse(text) as Record<string, unknown>;
        expect(parsed['type']).toBe(delta.type);
        expect(reader.delta).toEqual({
          responseId: parsed['response_id'],
          itemId: parsed['item_id'],
          contentIndex: parsed['content_index'],
          payloadBase64: parsed['delta'],
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('knows the next deltas of an item by what is the same in them, and finds the same', () => {
    const reader = new AudioDeltaReader();
    const responses = fc.record({
      response_id: fc.constantFrom('resp_1', 'resp_2', 'resp_10'),
      item_id: fc.constantFrom('item_1', 'item_2'),
      content_index: fc.nat({ max: 2 }),
      event_id: fc.oneof(id, fc.constantFrom('', 'a\\', '\\', 'a"', '","response_id":"resp_1')),
      delta: fc.oneof(base64, fc.constantFrom('AAA', 'AA\\A')),
    });
    const forms = [{ ...delta }, { event_id: eventId, type, ...rest }, { type, ...rest }] as Record<string, unknown>[];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...forms), responses), { minLength: 5 }), (events) => {
        for (const [form, { event_id, ...members }] of events) {
          const event = { ...form, ...members, ...('event_id' in form ? { event_id } : {}) };
          const text = JSON.stringify(event);
          const isFound = reader.read(text);
          expect([text, isFound]).toEqual([text, read(text) !== null]);
          if (isFound) expect(reader.delta).toEqual(asAudioDelta(event));
        }
      }),
    );
  });

  it('leaves escaped text to the parser, which reads it', () => {
    const text = JSON.stringify({ ...delta, delta: '////' }).replaceAll('/', '\\/');
    expect(read(text)).toBeNull();
    expect(asAudioDelta(parseObject(text) ?? {})?.payloadBase64).toBe('////');
    expect(parseModelEvent(text)).toMatchObject({ type: 'output_audio.delta', delta: { payloadBase64: '////' } });
  });

  it('never throws and never takes a torn text', () => {
    const good = JSON.stringify(delta);
    for (let end = 0; end < good.length; end++) expect(read(good.slice(0, end))).toBeNull();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(read(text)).toBeNull();
        parseModelEvent(text);
      }),
    );
  });
});

describe('parsing model events', () => {
  const cases: [string, unknown, unknown][] = [
    ['session.created', { type: 'session.created', session: {} }, { type: 'session.created', expiresAtMs: null }],
    [
      'the end of a session',
      { type: 'session.created', session: { expires_at: 1_800_000_000 } },
      { type: 'session.created', expiresAtMs: 1_800_000_000_000 },
    ],
    [
      'session.updated with its turn detection',
      { type: 'session.updated', session: { audio: { input: { turn_detection: { create_response: false } } } } },
      { type: 'session.updated', createsResponses: false, expiresAtMs: null },
    ],
    [
      'session.updated without it',
      { type: 'session.updated' },
      { type: 'session.updated', createsResponses: null, expiresAtMs: null },
    ],
    [
      'speech_started',
      { type: 'input_audio_buffer.speech_started', audio_start_ms: 1200, item_id: 'u' },
      { type: 'speech_started', itemId: 'u', audioStartMs: 1200 },
    ],
    [
      'committed',
      { type: 'input_audio_buffer.committed', previous_item_id: 'p', item_id: 'u' },
      { type: 'committed', itemId: 'u', previousItemId: 'p' },
    ],
    [
      'the old name of item.added',
      { type: 'conversation.item.created', previous_item_id: null, item: { id: 'u' } },
      { type: 'item.added', itemId: 'u', previousItemId: null },
    ],
    [
      'response.created with metadata',
      { type: 'response.created', response: { id: 'r', metadata: { request_id: 'response_1' } } },
      { type: 'response.created', responseId: 'r', requestId: 'response_1' },
    ],
    [
      'an error',
      { type: 'error', error: { type: 'x', code: 'c', event_id: 'e' } },
      { type: 'error', code: 'c', eventId: 'e' },
    ],
    ['an error without code', { type: 'error', error: { type: 'x' } }, { type: 'error', code: 'x', eventId: null }],
    ['an unknown event', { type: 'rate_limits.updated', rate_limits: [] }, { type: 'other' }],
  ];
  it.each(cases)('reads %s', (_, event, expected) => {
    expect(parseModelEvent(JSON.stringify(event))).toEqual(expected);
  });

  it('reads transcripts under both names of an audio part, and finished tool calls only', () => {
    const event = {
      type: 'response.done',
      response: {
        id: 'r',
        status: 'completed',
        status_details: null,
        usage: { total_tokens: 1 },
        output: [
          { id: 'a', type: 'message', content: [{ type: 'audio', transcript: 'One ' }, { transcript: 'two' }] },
          { id: 'f', type: 'function_call', status: 'completed', call_id: 'c1', name: 'book', arguments: '{"a":1}' },
          { id: 'g', type: 'function_call', status: 'incomplete', call_id: 'c2', name: 'book', arguments: '{"a' },
          'garbage',
        ],
      },
    };
    expect(parseModelEvent(JSON.stringify(event))).toEqual({
      type: 'response.done',
      responseId: 'r',
      status: 'completed',
      errorCode: null,
      usage: { total_tokens: 1 },
      output: [
        { itemId: 'a', type: 'message', transcript: 'One two', toolCall: null },
        {
          itemId: 'f',
          type: 'function_call',
          transcript: null,
          toolCall: { toolCallId: 'c1', name: 'book', argumentsJson: '{"a":1}' },
        },
        { itemId: 'g', type: 'function_call', transcript: null, toolCall: null },
      ],
    });
  });

  it('names why a response failed', () => {
    const response = {
      id: 'r',
      status: 'failed',
      status_details: { type: 'failed', error: { code: 'rate_limit_exceeded' } },
    };
    expect(parseModelEvent(JSON.stringify({ type: 'response.done', response }))).toMatchObject({
      status: 'failed',
      errorCode: 'rate_limit_exceeded',
    });
  });

  it.each([
    '',
    '[]',
    '{}',
    '{"type":7}',
    '{"type":"response.output_audio.delta"}',
    '{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"not base64!"}',
    '{"type":"input_audio_buffer.speech_started","item_id":"u"}',
    '{"type":"response.created","response":null}',
    '{"type":"response.done"}',
  ])('refuses %j', (text) => {
    expect(parseModelEvent(text)).toBeNull();
  });
});
