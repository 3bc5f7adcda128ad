import { BEFORE_ANSWER_LIMIT_MS } from './agent-audio';
import { CUSTOMER_FIRST_WAIT_MS } from './call-bridge';
import { audioOf, DISCLOSURE, GREETING, ScriptedCall, type Message } from './testing/scripted-call';

const GREETED = { responseId: 'r1', itemId: 'a1', text: `${DISCLOSURE} ${GREETING}`, audioMs: 6000 };
const withOpening = { disclosure: DISCLOSURE, greeting: GREETING };

function turnDetection(update: Message | undefined): Message {
  const session = update?.['session'] as { audio: { input: { turn_detection: Message } } };
  return session.audio.input.turn_detection;
}

describe('setting up', () => {
  it('configures the session once, when it is created, and says nothing before', () => {
    const call = new ScriptedCall();
    expect(call.model.texts).toEqual([]);
    call.event({ type: 'session.created', session: {} });
    call.event({ type: 'session.created', session: {} });
    expect(call.model.messages.map(({ type }) => type)).toEqual(['session.update']);
  });

  it('sends no caller audio before the session is configured, and loses none of it', () => {
    const call = new ScriptedCall();
    call.answer();
    for (let n = 0; n < 12; n++) call.frame(n);
    call.event({ type: 'session.created', session: {} });
    call.frame(12);
    expect(call.model.of('input_audio_buffer.append')).toEqual([]);
    call.confirm();
    call.frame(13);
    const audio = call.model.of('input_audio_buffer.append').map((m) => Buffer.from(m['audio'] as string, 'base64'));
    expect(audio.map((bytes) => bytes.length)).toEqual([13 * 160, 160]);
    const bytes = Buffer.concat(audio);
    expect([...bytes].every((byte, at) => byte === Math.floor(at / 160))).toBe(true);
    expect(call.bridge.stats()).toMatchObject({ framesIn: 14, framesQueuedAtSetup: 13, appendedBytes: 14 * 160 });
    // The opening was asked for before the first audio, so that nothing is answered before it.
    const kinds = call.model.messages.map(({ type }) => type);
    expect(kinds.indexOf('response.create')).toBeLessThan(kinds.indexOf('input_audio_buffer.append'));
  });

  it('passes payloads through as they come', () => {
    const call = new ScriptedCall().ring().answer();
    call.frame(0x17);
    const payload = Buffer.alloc(160, 0x17).toString('base64');
    expect(call.model.texts.at(-1)).toBe(`{"type":"input_audio_buffer.append","audio":"${payload}"}`);
    call.begin('r1', call.lastCreate().requestId);
    call.delta('r1', 'a1', 100, 0x29);
    const media = { event: 'media', streamSid: 'MZ1', media: { payload: audioOf(100, 0x29) } };
    expect(call.carrier.texts).toEqual([JSON.stringify(media)]);
  });

  it('ignores frames of another track, and reads frames in an unusual form', () => {
    const call = new ScriptedCall().ring().answer();
    const media = { track: 'outbound', chunk: '1', timestamp: '0', payload: 'AAAA' };
    call.fromCarrier({ event: 'media', streamSid: 'MZ1', media });
    expect(call.bridge.stats().framesIn).toBe(0);
    const odd = { media: { ...media, track: 'inbound' }, event: 'media' };
    call.bridge.onCarrierMessage(JSON.stringify(odd, null, 2));
    expect(call.bridge.stats().framesIn).toBe(1);
  });

  it.each([['session_1'], [null]])('ends when its configuration is refused (event id %s)', (eventId) => {
    const call = new ScriptedCall();
    call.event({ type: 'session.created', session: {} });
    call.event({ type: 'error', error: { code: 'unknown_parameter', message: 'x', event_id: eventId } });
    expect(call.finished).toEqual(['model_error']);
    expect(call.troubles).toEqual(['model_unavailable unknown_parameter']);
  });
});

describe('the opening', () => {
  it('is asked for while the phone rings, word for word and without tools', () => {
    const call = new ScriptedCall(withOpening).ring();
    expect(call.lastCreate()).toMatchObject({
      instructions: `Say word for word "${DISCLOSURE} ${GREETING}" and nothing else.`,
      toolChoice: 'none',
    });
  });

  it('is kept while the phone rings, and plays from the moment it is picked up', () => {
    const call = new ScriptedCall(withOpening).ring();
    call.respond(GREETED);
    expect(call.carrier.texts).toEqual([]);
    call.clock.advance(9000);
    call.answer();
    expect(call.carrier.of('media')).toHaveLength(30);
    expect(call.unplayedMs).toBe(6000);
    call.pass(6100);
    expect(call.turns).toMatchObject([
      { role: 'agent', text: GREETED.text, wasInterrupted: false, latencyMs: null, startMs: 0, endMs: 6000 },
    ]);
  });

  it('may still be under way when the phone is picked up', () => {
    const call = new ScriptedCall(withOpening).ring();
    call.begin('r1', call.lastCreate().requestId);
    call.delta('r1', 'a1', 300);
    call.answer();
    call.delta('r1', 'a1', 300);
    expect(call.unplayedMs).toBe(600);
    call.end({ ...GREETED, audioMs: 600 });
    call.pass(620);
    expect(call.turns).toHaveLength(1);
  });

  it('is read no further than what is kept of it, until the phone is picked up', () => {
    const call = new ScriptedCall().ring();
    call.begin('r1', call.lastCreate().requestId);
    for (let second = 0; second < 12; second++) call.delta('r1', 'a1', 1000);
    expect(call.model.isPaused).toBe(false);
    call.delta('r1', 'a1', 1000);
    expect(call.model.isPaused).toBe(true);
    call.answer();
    expect(call.model.isPaused).toBe(false);
    expect(call.unplayedMs).toBe(13_000);
    expect(call.troubles).toEqual([]);
  });

  it('is cut short when a model sends far more all the same', () => {
    const call = new ScriptedCall().ring();
    call.begin('r1', call.lastCreate().requestId);
    for (let second = 0; second < 30; second++) call.delta('r1', 'a1', 1000);
    expect(call.troubles).toEqual(['opening_too_long']);
    expect(call.model.of('response.cancel')).toHaveLength(1);
    call.answer();
    expect(call.unplayedMs).toBe(BEFORE_ANSWER_LIMIT_MS);
  });

  it('is left to a customer who speaks first, and comes all the same when they do not', () => {
    const call = new ScriptedCall({ ...withOpening, whoSpeaksFirst: 'customer' }).ring().answer();
    expect(call.model.of('response.create')).toEqual([]);
    call.clock.advance(CUSTOMER_FIRST_WAIT_MS);
    expect(call.lastCreate().instructions).toContain(`"${DISCLOSURE} ${GREETING}"`);
  });

  it('begins the answer to a customer who speaks first', () => {
    const call = new ScriptedCall({ ...withOpening, whoSpeaksFirst: 'customer' }).ring().answer();
    call.pass(1000);
    call.speechStarted('u1', 100);
    call.clock.advance(CUSTOMER_FIRST_WAIT_MS);
    expect(call.model.of('response.create')).toEqual([]);
    call.speechStopped('u1', 6500);
    expect(call.lastCreate()).toMatchObject({
      instructions: `Say word for word "${DISCLOSURE} ${GREETING}" and nothing else.`,
      toolChoice: 'none',
    });
    call.respond(GREETED);
    expect(call.model.of('response.create')).toHaveLength(2);
    expect(call.lastCreate()).toMatchObject({ instructions: undefined, toolChoice: undefined });
  });
});

describe('the disclosure', () => {
  it('keeps the server from answering by itself until it was heard', () => {
    const call = new ScriptedCall(withOpening).ring().answer();
    expect(turnDetection(call.model.of('session.update')[0])).toMatchObject({
      create_response: false,
      interrupt_response: true,
    });
    call.respond(GREETED);
    call.pass(2000);
    expect(call.model.of('session.update')).toHaveLength(1);
    call.pass(4100);
    expect(call.model.of('session.update')).toHaveLength(2);
    expect(turnDetection(call.model.of('session.update')[1])).toMatchObject({ create_response: true });
    // Until the server confirms it, a customer turn is still ours to answer; afterwards it is not.
    call.speechStarted('u1', 6000);
    call.speechStopped('u1', 7000, 'a1');
    expect(call.model.of('response.create')).toHaveLength(2);
    call.respond({ responseId: 'r2', itemId: 'a2', text: 'Fine.', audioMs: 500 });
    call.confirm();
    call.speechStarted('u2', 8000);
    call.speechStopped('u2', 9000, 'a2');
    expect(call.model.of('response.create')).toHaveLength(2);
  });

  it('does not wait for the whole greeting to be heard', () => {
    const call = new ScriptedCall(withOpening).ring().answer();
    call.respond({ ...GREETED, text: `${DISCLOSURE} ${'And a long greeting it is. '.repeat(10)}`, audioMs: 20_000 });
    call.pass(8000);
    expect(call.model.of('session.update')).toHaveLength(2);
    expect(call.turns).toEqual([]);
  });

  it('changes who answers only when nobody is speaking: new settings could lose the end of a sentence', () => {
    const call = new ScriptedCall(withOpening).ring().answer();
    // Still being made, so the disclosure counts as heard only when the item is cut.
    call.begin('r1', call.lastCreate().requestId);
    call.speak({ ...GREETED, text: `${DISCLOSURE} And now something quite different.` });
    call.pass(5000);
    expect(call.model.of('session.update')).toHaveLength(1);
    call.speechStarted('u1', 4000);
    expect(call.turns.at(-1)?.wasInterrupted).toBe(true);
    expect(call.turns.at(-1)?.text).toContain(DISCLOSURE);
    call.done('r1', 'cancelled');
    expect(call.model.of('session.update')).toHaveLength(1);
    call.speechStopped('u1', 5500, 'a1');
    expect(call.model.of('session.update')).toHaveLength(2);
    expect(call.model.of('response.create')).toHaveLength(2);
  });

  it('is said again when it was interrupted', () => {
    const call = new ScriptedCall(withOpening).ring().answer();
    call.respond(GREETED);
    call.pass(1000);
    call.speechStarted('u1', 500);
    call.speechStopped('u1', 1700, 'a1');
    expect(call.lastCreate().instructions).toBe(`Say word for word "${DISCLOSURE}" and nothing else.`);
    call.respond({ responseId: 'r2', itemId: 'a2', text: DISCLOSURE, audioMs: 5000 });
    // The answer is made at once, and plays right after it.
    expect(call.lastCreate().instructions).toBeUndefined();
    call.respond({ responseId: 'r3', itemId: 'a3', text: 'It is me.', audioMs: 1000 });
    expect(call.model.of('response.create')).toHaveLength(3);
    call.pass(6100);
    expect(call.turns.slice(-2)).toMatchObject([
      { itemId: 'a2', latencyMs: null },
      { itemId: 'a3', latencyMs: 500 },
    ]);
    call.confirm();
    expect(turnDetection(call.model.of('session.update').at(-1))).toMatchObject({ create_response: true });
  });

  it('counts as given in other words when it was heard to its end, because a model may translate it', () => {
    const call = new ScriptedCall(withOpening).ring().answer();
    call.respond({ ...GREETED, text: 'Hier spricht ein automatischer Assistent der Bäckerei zur blauen Tür.' });
    call.pass(5900);
    expect(call.troubles).toEqual([]);
    call.pass(200);
    expect(call.troubles).toEqual(['disclosure_reworded']);
    call.confirm();
    expect(turnDetection(call.model.of('session.update').at(-1))).toMatchObject({ create_response: true });
  });

  it('never shares a text with the scenario: the greeting follows it as a response of its own', () => {
    const call = new ScriptedCall({ disclosure: DISCLOSURE }).ring().answer();
    expect(call.lastCreate()).toMatchObject({
      instructions: `Say word for word "${DISCLOSURE}" and nothing else.`,
      toolChoice: 'none',
    });
    call.respond({ responseId: 'r1', itemId: 'a1', text: DISCLOSURE, audioMs: 4000 });
    expect(call.model.of('response.create')).toHaveLength(2);
    expect(call.lastCreate().instructions).toMatch(/^Now greet [^"]*\n\nYou are a friendly baker\.$/);
    call.respond({ responseId: 'r2', itemId: 'a2', text: 'Good morning!', audioMs: 1000 });
    call.pass(5020);
    expect(call.turns).toMatchObject([
      { text: DISCLOSURE, latencyMs: null },
      { text: 'Good morning!', startMs: 4000, endMs: 5000, latencyMs: null },
    ]);
    expect(call.troubles).toEqual([]);
    expect(call.model.of('response.create')).toHaveLength(2);
  });

  it('that was cut is followed by the answer, not by the greeting that waited behind it', () => {
    const call = new ScriptedCall({ disclosure: DISCLOSURE }).ring().answer();
    call.begin('r1', call.lastCreate().requestId);
    call.speak({ responseId: 'r1', itemId: 'a1', text: DISCLOSURE, audioMs: 4000 });
    call.pass(1000);
    call.speechStarted('u1', 500);
    call.done('r1', 'cancelled');
    call.speechStopped('u1', 1700, 'a1');
    expect(call.lastCreate().instructions).toBe(`Say word for word "${DISCLOSURE}" and nothing else.`);
    call.respond({ responseId: 'r2', itemId: 'a2', text: DISCLOSURE, audioMs: 4000 });
    expect(call.lastCreate().instructions).toBeUndefined();
    call.respond({ responseId: 'r3', itemId: 'a3', text: 'Yes.', audioMs: 500 });
    expect(call.model.of('response.create')).toHaveLength(3);
  });

  it('is said again, alone, when its response failed', () => {
    const call = new ScriptedCall({ disclosure: DISCLOSURE }).ring().answer();
    call.begin('r1', call.lastCreate().requestId);
    call.done('r1', 'failed', [], { error: { code: 'server_error' } });
    expect(call.model.of('response.create')).toHaveLength(1);
    call.clock.advance(1000);
    expect(call.lastCreate().instructions).toBe(`Say word for word "${DISCLOSURE}" and nothing else.`);
  });

  it('is not asked for ever of a model that says nothing', () => {
    const call = new ScriptedCall(withOpening).ring().answer();
    for (let n = 1; n <= 3; n++) {
      expect(call.lastCreate().instructions).toContain(DISCLOSURE);
      for (const part of ['disclosure', 'answer']) {
        call.begin(`${part}${n}`, call.lastCreate().requestId);
        call.done(`${part}${n}`);
        if (n === 1) break;
      }
      call.speechStarted(`u${n}`, n * 1000);
      call.speechStopped(`u${n}`, n * 1000 + 600);
    }
    expect(call.troubles).toEqual(['disclosure_unproved']);
    expect(call.lastCreate().instructions).toBeUndefined();
  });

  it('leaves the server to answer from the start when it is switched off', () => {
    const call = new ScriptedCall({ greeting: GREETING }).ring().answer();
    expect(turnDetection(call.model.of('session.update')[0])).toMatchObject({ create_response: true });
    call.respond({ ...GREETED, text: GREETING, audioMs: 1000 });
    call.pass(1100);
    call.speechStarted('u1', 1000);
    call.speechStopped('u1', 2000, 'a1');
    expect(call.model.of('response.create')).toHaveLength(1);
    expect(call.model.of('session.update')).toHaveLength(1);
  });

  it('takes the server’s refusal of a later update in its stride', () => {
    const call = new ScriptedCall(withOpening).ring().answer();
    call.respond(GREETED);
    call.pass(6100);
    call.event({ type: 'error', error: { code: 'invalid_value', event_id: 'session_2' } });
    expect(call.troubles).toEqual(['model_error_event invalid_value']);
    expect(call.finished).toEqual([]);
    call.speechStarted('u1', 6000);
    call.speechStopped('u1', 7000, 'a1');
    expect(call.model.of('response.create')).toHaveLength(2);
  });
});

describe('garbage', () => {
  it('from the carrier is counted, told once, and ignored', () => {
    const call = new ScriptedCall().ring().answer();
    const media = '{"event":"media","media":{"track":"inbound","payload":"#?"}}';
    for (const text of ['', 'null', '{', '[]', '{"event":3}', '{"event":"mark"}', media]) {
      call.bridge.onCarrierMessage(text);
    }
    call.bridge.onCarrierMessage('{"event":"weather"}');
    call.returnMark('m77');
    call.returnMark('');
    expect(call.troubles).toEqual(['carrier_frame_malformed']);
    expect(call.bridge.stats().malformedFrames).toBe(7);
    expect(call.finished).toEqual([]);
    call.frame();
    expect(call.model.of('input_audio_buffer.append')).toHaveLength(1);
  });

  it('from the model is counted, told once, and ignored', () => {
    const call = new ScriptedCall().ring().answer();
    for (const text of ['', '{"type":', '[]', '{"type":"response.done"}']) call.text(text);
    call.event({ type: 'rate_limits.updated', rate_limits: [] });
    call.event({ type: 'response.done', response: { id: 'never seen', status: 'completed' } });
    expect(call.troubles).toEqual(['model_event_malformed']);
    expect(call.bridge.stats().malformedEvents).toBe(4);
    expect(call.finished).toEqual([]);
  });
});
