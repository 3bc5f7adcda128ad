import { CUSTOMER_FIRST_WAIT_MS } from './call-bridge';
import { KEY_PAUSE_MS } from './keypad';
import { ANSWER_LIMIT_MS } from './progress-watch';
import { RECENT_MS } from './recent-frames';
import { DISCLOSURE, GREETING, ScriptedCall, type Message } from './testing/scripted-call';

const HELLO = { responseId: 'r1', itemId: 'a1', text: 'Hello, how can I help?', audioMs: 2000 };
const HOURS = {
  responseId: 'r2',
  itemId: 'a2',
  text: 'We open at eight in the morning and we close at six in the evening on every day',
  audioMs: 3000,
};
const VOICE = 0x17;
const withOpening = { disclosure: DISCLOSURE, greeting: GREETING };
const patient = { silence: { repromptAfterMs: 500_000, endAfterMs: 500_000 } };

/** A call in which the agent has had its first word. */
function live(plan = {}): ScriptedCall {
  const call = new ScriptedCall(plan).ring().answer();
  call.respond(HELLO);
  call.hear(2100);
  return call;
}

/** The customer has said something, and the model knows what; the times are those of the session. */
function ask(call: ScriptedCall, itemId = 'u1', words: string | null = 'When do you open?'): void {
  const startMs = call.bridge.stats().framesIn * 20;
  call.hear(400, VOICE);
  call.speechStarted(itemId, startMs);
  call.hear(600, VOICE);
  call.hear(500);
  call.speechStopped(itemId, startMs + 1500, 'a1');
  if (words !== null) call.transcribed(itemId, words);
}

function kinds(call: ScriptedCall): unknown[] {
  return call.model.messages.map(({ type }) => type);
}

function creates(call: ScriptedCall): number {
  return call.model.of('response.create').length;
}

function texts(call: ScriptedCall): string[] {
  return [...call.turns].sort((a, b) => a.sequence - b.sequence).map(({ role, text }) => `${role}: ${text}`);
}

function toolCall(id: string): Message {
  return { id: `item_${id}`, type: 'function_call', status: 'completed', call_id: id, name: 'book', arguments: '{}' };
}

function detections(call: ScriptedCall): Message[] {
  return call.model.of('session.update').map(({ session }) => {
    return (session as { audio: { input: { turn_detection: Message } } }).audio.input.turn_detection;
  });
}

describe('a session that drops while the phone rings', () => {
  it('before the opening has begun: the next one is asked for it', () => {
    const call = new ScriptedCall(withOpening).ring();
    call.dropModel();
    call.clock.advance(500);
    call.ring();
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toContain(`${DISCLOSURE} ${GREETING}`);
    expect(call.bridge.stats().modelSessions).toBe(2);
    expect(call.troubles).toEqual(['model_closed 1006']);
  });

  it('with the opening half made: it is made anew, and only that is heard', () => {
    const call = new ScriptedCall(withOpening).ring();
    const opening = { responseId: 'r1', itemId: 'a1', text: `${DISCLOSURE} ${GREETING}`, audioMs: 1000 };
    call.begin('r1', call.lastCreate().requestId);
    call.speak(opening);
    call.dropModel();
    call.clock.advance(500);
    call.ring();
    expect(call.told).toEqual([]);
    expect(creates(call)).toBe(1);
    call.respond({ ...opening, responseId: 'r2', itemId: 'a2', audioMs: 6000 });
    call.answer();
    expect(call.unplayedMs).toBe(6000);
    call.pass(6100);
    expect(call.turns).toMatchObject([{ itemId: 'a2', text: opening.text, wasInterrupted: false }]);
  });

  it('with the opening made: it is what the phone is picked up to, and the next session knows it', () => {
    const call = new ScriptedCall(withOpening).ring();
    const text = `${DISCLOSURE} ${GREETING}`;
    call.respond({ ...HELLO, text, audioMs: 6000 });
    call.dropModel();
    call.ring();
    expect(call.told).toEqual([`assistant: ${text}`]);
    expect(creates(call)).toBe(0);
    call.answer();
    call.pass(6100);
    expect(texts(call)).toEqual([`agent: ${text}`]);
    expect(creates(call)).toBe(0);
  });

  it('leaves nobody without a greeting when the phone is picked up meanwhile', () => {
    const call = new ScriptedCall({ whoSpeaksFirst: 'customer' }).ring();
    call.clock.advance(10_000);
    call.dropModel();
    call.answer();
    call.ring();
    expect(creates(call)).toBe(0);
    call.pass(CUSTOMER_FIRST_WAIT_MS);
    expect(creates(call)).toBe(1);
  });
});

describe('a session that drops while the agent speaks', () => {
  function cutOff(): ScriptedCall {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, audioMs: 1600, previousItemId: 'u1' });
    call.hear(400);
    call.dropModel();
    return call;
  }
  const SPOKEN = 'We open at eight in the morning and we';

  it('leaves what is at the carrier alone, and the next one is told what was heard and goes on from there', () => {
    const call = cutOff();
    expect(call.carrier.of('clear')).toEqual([]);
    expect(call.unplayedMs).toBe(1200);
    call.ring();
    expect(call.told).toEqual([`assistant: ${HELLO.text}`, 'user: When do you open?', `assistant: ${SPOKEN}`]);
    expect(creates(call)).toBe(1);
    const order = kinds(call);
    expect(order.lastIndexOf('conversation.item.create')).toBeLessThan(order.indexOf('input_audio_buffer.append'));
    expect(order.indexOf('input_audio_buffer.append')).toBeLessThan(order.indexOf('response.create'));
    expect(call.lastCreate().instructions).toContain(`Your last words were: "${SPOKEN}"`);
    expect(call.lastCreate().toolChoice).toBeUndefined();
    call.respond({ responseId: 'r3', itemId: 'a3', text: 'close at six.', audioMs: 800 });
    call.hear(2100);
    expect(texts(call)).toEqual([
      `agent: ${HELLO.text}`,
      'customer: When do you open?',
      `agent: ${SPOKEN}`,
      'agent: close at six.',
    ]);
    expect(call.turns.every(({ wasInterrupted }) => !wasInterrupted)).toBe(true);
    expect(call.carrier.of('clear')).toEqual([]);
  });

  it('twice, loses nothing of where it was', () => {
    const call = cutOff();
    call.ring();
    call.dropModel();
    call.clock.advance(500);
    call.ring();
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toContain(SPOKEN);
  });

  it('hears nothing more of the old one', () => {
    const call = cutOff();
    call.ring();
    const sent = call.carrier.texts.length;
    call.use(0);
    call.delta('r2', 'a2', 1000);
    call.end(HOURS);
    expect(call.carrier.texts).toHaveLength(sent);
    expect(call.usage).toHaveLength(2);
  });

  it('answers anew when too little was said to go on from', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, text: 'We open', audioMs: 200, previousItemId: 'u1' });
    call.dropModel();
    call.ring();
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toBeUndefined();
  });

  it('answers when not a sound had been made of it', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.dropModel();
    call.ring();
    expect(call.told).toEqual([`assistant: ${HELLO.text}`, 'user: When do you open?']);
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toBeUndefined();
  });

  it('tells the next one less, when the customer cuts in while the old words are still playing', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, previousItemId: 'u1' });
    call.end(HOURS);
    call.dropModel();
    call.ring();
    expect(creates(call)).toBe(0);
    const items = call.model.of('conversation.item.create').map(({ item }) => (item as Message)['id']);
    call.hear(1500);
    call.speechStarted('u2', 1400);
    expect(call.carrier.of('clear')).toHaveLength(1);
    expect(call.model.of('conversation.item.truncate')).toEqual([]);
    expect(call.model.of('conversation.item.delete')).toMatchObject([{ item_id: items.at(-1) }]);
    const heard = call.turns.at(-1);
    expect(heard).toMatchObject({ itemId: 'a2', wasInterrupted: true });
    expect(HOURS.text.startsWith(heard?.text ?? '?')).toBe(true);
    expect(call.told.at(-1)).toBe(`assistant: ${heard?.text}`);
    expect(call.told).toHaveLength(4);
  });

  it('does not go on with what the customer had cut', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, previousItemId: 'u1' });
    call.hear(1500);
    ask(call, 'u2', 'Mhm.');
    // The server has neither ended the old response nor begun another.
    call.dropModel();
    call.ring();
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toBeUndefined();
  });

  it('never tells words without a voice', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, audioMs: 0, previousItemId: 'u1' });
    call.done('r2', 'incomplete');
    call.dropModel();
    call.ring();
    expect(call.told.join()).not.toContain('We open');
  });
});

describe('a session that drops while the customer speaks', () => {
  function speaking(): ScriptedCall {
    const call = live();
    call.hear(900);
    call.hear(200, VOICE);
    call.speechStarted('u1', 2700);
    call.hear(800, VOICE);
    return call;
  }
  const KEPT_MS = RECENT_MS + 800;

  it('lets the next one hear them from just before they began, and writes that down once and at its time', () => {
    const call = speaking();
    call.dropModel();
    call.hear(300, VOICE);
    call.ring();
    expect(creates(call)).toBe(0);
    expect(call.appended.map(({ length }) => length / 8)).toEqual([KEPT_MS + 300]);
    const voice = call.appended[0]?.subarray((KEPT_MS - 1000) * 8);
    expect(voice?.every((byte) => byte === VOICE)).toBe(true);
    call.hear(200, VOICE);
    // To this session the voice begins after the silence of before, less the padding.
    call.speechStarted('u2', KEPT_MS - 1000 - 300 + 1);
    call.hear(500);
    call.speechStopped('u2', KEPT_MS + 1000, null);
    call.transcribed('u2', 'When do you open?');
    expect(texts(call)).toEqual([`agent: ${HELLO.text}`, 'customer: When do you open?']);
    const startMs = 3001;
    expect(call.turns.at(-1)).toMatchObject({ itemId: 'u2', startMs, endMs: 4000 + 300 + 200 });
    expect(call.told).toEqual([`assistant: ${HELLO.text}`]);
    call.hangUp();
    expect(call.finished).toEqual(['customer_hung_up']);
    expect(call.turns).toHaveLength(2);
  });

  it('again before it says that it hears them, loses nothing of what they said', () => {
    const call = speaking();
    call.dropModel();
    call.ring();
    call.hear(200, VOICE);
    call.dropModel();
    call.hear(500, VOICE);
    call.ring();
    expect(call.appended.map(({ length }) => length / 8)).toEqual([KEPT_MS + 700]);
    expect(creates(call)).toBe(0);
    // It has to show that it hears them as well.
    call.hear(ANSWER_LIMIT_MS);
    expect(creates(call)).toBe(1);
  });

  it('again after it has said so, loses nothing either', () => {
    const call = speaking();
    call.dropModel();
    call.ring();
    call.speechStarted('u2', 140);
    call.hear(200, VOICE);
    call.dropModel();
    call.hear(500, VOICE);
    call.ring();
    expect(call.appended.map(({ length }) => length / 8)).toEqual([KEPT_MS + 700]);
  });

  it('asks for the answer when the next one hears nothing in it', () => {
    const call = speaking();
    call.dropModel();
    call.ring();
    call.hear(ANSWER_LIMIT_MS - 20);
    expect(creates(call)).toBe(0);
    call.hear(20);
    expect(creates(call)).toBe(1);
    expect(call.troubles).toEqual(['model_closed 1006', 'answer_missing']);
  });

  it('and cannot be replaced, leaves a trace of them in the transcript', () => {
    const call = speaking();
    call.opensModels = false;
    call.dropModel();
    call.hear(2500);
    expect(call.finished).toEqual(['model_error']);
    expect(texts(call)).toEqual([`agent: ${HELLO.text}`, 'customer: [inaudible]']);
  });
});

describe('a session that drops before the customer’s words are written down', () => {
  it('with no answer begun: the next one hears them, and nothing is asked for besides', () => {
    const call = live();
    ask(call, 'u1', null);
    call.dropModel();
    call.ring();
    expect(creates(call)).toBe(0);
    expect(call.appended[0]?.filter((byte) => byte === VOICE)).toHaveLength(1000 * 8);
    call.speechStarted('u2', 0);
    call.speechStopped('u2', 2000);
    call.transcribed('u2', 'When do you open?');
    expect(texts(call)).toEqual([`agent: ${HELLO.text}`, 'customer: When do you open?']);
  });

  it('with other words of the agent begun: the next one hears them all the same', () => {
    const interruption = {
      protect: 'opening' as const,
      minSpeechMs: 0,
      ignoreWords: [],
      resumesAfterFalseAlarm: false,
    };
    const call = new ScriptedCall({ disclosure: DISCLOSURE, interruption }).ring().answer();
    call.begin('r1', call.lastCreate().requestId);
    call.speak({ responseId: 'r1', itemId: 'a1', text: DISCLOSURE, audioMs: 3000 });
    ask(call, 'u1', null);
    call.end({ responseId: 'r1', itemId: 'a1', text: DISCLOSURE, audioMs: 3000 });
    call.begin('r2', call.lastCreate().requestId);
    call.speak({ ...HOURS, previousItemId: 'u1' });
    call.dropModel();
    call.hear(500);
    call.ring();
    expect(call.appended[0]?.filter((byte) => byte === VOICE)).toHaveLength(1000 * 8);
  });

  describe('with the agent talking on, because they may have meant nothing', () => {
    function coughed(words: string): ScriptedCall {
      const interruption = {
        protect: 'nothing' as const,
        minSpeechMs: 700,
        ignoreWords: [],
        resumesAfterFalseAlarm: true,
      };
      const call = live({ interruption });
      call.begin('r2');
      call.speak({ ...HOURS, previousItemId: 'a1' });
      const startMs = call.bridge.stats().framesIn * 20;
      call.hear(400, VOICE);
      call.speechStarted('u1', startMs);
      call.hear(500);
      call.speechStopped('u1', startMs + 900, 'a2');
      call.dropModel();
      call.ring();
      expect(creates(call)).toBe(0);
      call.speechStarted('u2', 0);
      call.speechStopped('u2', 900);
      call.hear(500);
      call.transcribed('u2', words);
      call.hear(2000);
      return call;
    }

    it('and they did: the next one goes on where it was', () => {
      const call = coughed('');
      expect(creates(call)).toBe(1);
      expect(call.lastCreate().instructions).toContain('Your last words were');
    });

    it('and they did not: the next one answers, and goes back to nothing', () => {
      const call = coughed('Where are you?');
      expect(creates(call)).toBe(1);
      expect(call.lastCreate().instructions ?? '').not.toContain('Your last words were');
      call.respond({ ...HOURS, responseId: 'r3', itemId: 'a3', text: 'In Mill Lane.' });
      call.hear(4000);
      expect(creates(call)).toBe(1);
    });
  });

  it('with an answer begun: what is known of them stands, and the answer goes on', () => {
    const call = live();
    ask(call, 'u1', null);
    const type = 'conversation.item.input_audio_transcription.delta';
    call.event({ type, item_id: 'u1', content_index: 0, delta: 'When do' });
    call.begin('r2');
    call.speak({ ...HOURS, previousItemId: 'u1' });
    call.dropModel();
    call.ring();
    expect(call.told.slice(0, 2)).toEqual([`assistant: ${HELLO.text}`, 'user: When do']);
    expect(call.lastCreate().instructions).toContain('Your last words were');
    expect(creates(call)).toBe(1);
    expect(Buffer.concat(call.appended).includes(VOICE)).toBe(false);
  });

  it('with the words there and the answer not begun: the next one is asked for it', () => {
    const call = live();
    ask(call);
    call.dropModel();
    call.ring();
    expect(creates(call)).toBe(1);
    expect(Buffer.concat(call.appended).includes(VOICE)).toBe(false);
  });
});

describe('a session that drops while a tool is at work', () => {
  function working(): ScriptedCall {
    const call = live();
    ask(call);
    call.begin('r2');
    call.done('r2', 'completed', [toolCall('c1')]);
    call.dropModel();
    return call;
  }
  const SAID = [`assistant: ${HELLO.text}`, 'user: When do you open?'];

  it('lets the result wait for the next one, which answers it', () => {
    const call = working();
    call.bridge.toolResult('c1', '{"ok":true}');
    expect(call.use(0).told).toEqual([]);
    call.use(null).ring();
    expect(call.told).toEqual([...SAID, 'call: book', 'result: {"ok":true}']);
    expect(creates(call)).toBe(1);
  });

  it('tells the next one of the call, and of the result when it comes', () => {
    const call = working();
    call.ring();
    expect(call.told).toEqual([...SAID, 'call: book']);
    expect(creates(call)).toBe(0);
    call.bridge.toolResult('c1', '{"ok":true}');
    expect(call.told).toEqual([...SAID, 'call: book', 'result: {"ok":true}']);
    expect(creates(call)).toBe(1);
  });

  it('goes on with what it was saying before it speaks of the result', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.done('r2', 'completed', [toolCall('c1')]);
    ask(call, 'u2', 'And on Sundays?');
    call.begin('r3');
    call.speak({ ...HOURS, responseId: 'r3', previousItemId: 'u2' });
    call.bridge.toolResult('c1', '{}');
    call.dropModel();
    call.ring();
    expect(call.lastCreate().instructions).toContain('Your last words were');
    call.respond({ responseId: 'r4', itemId: 'a4', text: 'and so on.', audioMs: 400 });
    expect(creates(call)).toBe(2);
    expect(call.lastCreate().instructions).toBeUndefined();
  });
});

describe('a session that drops during the last words', () => {
  const GOODBYE = { responseId: 'r9', itemId: 'a9', text: 'Goodbye, and have a good day.', audioMs: 1500 };

  it('has them said by the next one, protected before anything else', () => {
    const call = live();
    call.bridge.end('agent_ended', GOODBYE.text);
    call.begin('r9', call.lastCreate().requestId);
    call.speak({ ...GOODBYE, audioMs: 400 });
    call.dropModel();
    call.ring();
    expect(detections(call)).toMatchObject([{ interrupt_response: false, create_response: false }]);
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toContain(GOODBYE.text);
    call.respond({ ...GOODBYE, responseId: 'r10', itemId: 'a10' });
    call.hear(2000);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.unsaid).toBeNull();
    expect(texts(call).at(-1)).toBe(`agent: ${GOODBYE.text}`);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('and was replaced by one dialled before they were asked for, is protected all the same', () => {
    const call = live();
    call.dropModel();
    call.bridge.end('silence', GOODBYE.text);
    call.ring();
    const order = kinds(call);
    expect(detections(call)).toMatchObject([{ interrupt_response: true }, { interrupt_response: false }]);
    expect(order.lastIndexOf('session.update')).toBeLessThan(order.indexOf('input_audio_buffer.append'));
    expect(order.lastIndexOf('session.update')).toBeLessThan(order.indexOf('response.create'));
    expect(call.lastCreate().instructions).toContain(GOODBYE.text);
  });

  it('when they were made, is not replaced: they are heard, and not said again', () => {
    const call = live();
    call.bridge.end('agent_ended', GOODBYE.text);
    call.respond(GOODBYE);
    call.opensModels = false;
    call.dropModel();
    call.hear(1000);
    expect(call.sessions).toHaveLength(1);
    expect(call.finished).toEqual([]);
    call.hear(600);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.unsaid).toBeNull();
  });

  it('or never says them, leaves them to whoever else can', () => {
    const call = live();
    call.bridge.end('agent_ended', GOODBYE.text);
    call.begin('r9', call.lastCreate().requestId);
    for (let n = 0; n < 10; n++) {
      call.event({ type: 'rate_limits.updated' });
      call.hear(2000);
    }
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.unsaid).toBe(GOODBYE.text);
  });

  it('and cannot be replaced, leaves them to whoever else can say them', () => {
    const call = live();
    call.opensModels = false;
    call.dropModel();
    call.bridge.end('silence', GOODBYE.text);
    call.hear(2500);
    expect(call.finished).toEqual(['silence']);
    expect(call.unsaid).toBe(GOODBYE.text);
    expect(call.clock.pendingTimers).toBe(0);
  });
});

describe('a session that drops when nothing is going on', () => {
  it('is replaced, told what was said, and asked for nothing', () => {
    const call = live();
    call.dropModel();
    call.ring();
    expect(call.told).toEqual([`assistant: ${HELLO.text}`]);
    expect(creates(call)).toBe(0);
    expect(detections(call)).toHaveLength(1);
    // The silence is still counted.
    call.hear(8000);
    expect(call.lastCreate().instructions).toContain('still there');
  });

  it('is given the last moments again, in which somebody may have begun to speak', () => {
    const call = live();
    call.dropModel();
    call.hear(200);
    call.ring();
    expect(call.appended.map(({ length }) => length / 8)).toEqual([RECENT_MS + 200]);
  });

  it('while the call ends, is not replaced: what is at the carrier is heard', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, audioMs: 1000 });
    call.bridge.end('agent_ended');
    call.dropModel();
    expect(call.sessions).toHaveLength(1);
    call.hear(900);
    expect(call.finished).toEqual([]);
    call.hear(200);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.unsaid).toBeNull();
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('whose account is empty when the last words are made, has said them', () => {
    const call = live();
    call.bridge.end('agent_ended', 'Goodbye.');
    call.respond({ responseId: 'r9', itemId: 'a9', text: 'Goodbye.', audioMs: 1000 });
    call.event({ type: 'error', error: { code: 'insufficient_quota', message: 'x' } });
    call.hear(1100);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.unsaid).toBeNull();
  });

  it('or whose account is empty by then, makes no trouble of an end', () => {
    const call = live();
    call.begin('r2');
    call.speak({ ...HOURS, audioMs: 1000 });
    call.bridge.end('agent_ended');
    call.event({ type: 'error', error: { code: 'insufficient_quota', message: 'x' } });
    call.hear(1100);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.unsaid).toBeNull();
  });

  it('and young ones before it, never turns an end into trouble', () => {
    const call = live();
    call.begin('r2');
    call.speak({ ...HOURS, audioMs: 1000 });
    call.dropModel();
    call.opensModels = false;
    call.hear(20);
    call.opensModels = true;
    call.ring();
    call.dropModel();
    call.hear(500);
    call.ring();
    call.dropModel();
    call.hear(1500);
    call.ring();
    call.bridge.end('agent_ended');
    call.dropModel();
    call.hear(3000);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.unsaid).toBeNull();
  });
});

describe('while there is no session', () => {
  it('keys are still pressed: the next one is told, and answers', () => {
    const call = live();
    call.dropModel();
    call.press('1');
    call.press('2');
    call.hear(KEY_PAUSE_MS);
    call.ring();
    expect(call.told).toEqual([`assistant: ${HELLO.text}`, 'user: [pressed 1 2]']);
    expect(creates(call)).toBe(1);
  });

  it('a call that is to end without words ends', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.dropModel();
    call.bridge.end('owner_hung_up');
    expect(call.finished).toEqual(['owner_hung_up']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('a customer who hangs up ends the call', () => {
    const call = live();
    call.dropModel();
    call.hangUp();
    expect(call.finished).toEqual(['customer_hung_up']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('the maximum duration still counts', () => {
    const call = live({ maxDurationMs: 20_000 });
    call.clock.advance(10_000);
    call.dropModel();
    call.hear(10_000);
    expect(call.finished).toEqual(['max_duration']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('nothing is sent, whatever happens', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, previousItemId: 'u1' });
    const sent = call.model.texts.length;
    const { socket } = call.sessions[0] ?? {};
    call.dropModel();
    call.press('#');
    call.hear(500);
    call.bridge.end('silence', 'Goodbye.');
    call.hear(500);
    expect(socket?.texts).toHaveLength(sent);
    expect(call.model.texts).toEqual([]);
  });
});

describe('three sessions that fail', () => {
  it('end the call when what is at the carrier has been heard, with a sentence for whoever can say it', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, previousItemId: 'u1' });
    call.opensModels = false;
    call.dropModel();
    call.hear(2500);
    expect(call.sessions).toHaveLength(4);
    expect(call.finished).toEqual([]);
    call.hear(600);
    expect(call.finished).toEqual(['model_error']);
    expect(call.unsaid).toBe('We have a technical problem. Goodbye.');
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('while the phone rings, end it at once and in silence', () => {
    const call = new ScriptedCall().ring();
    call.opensModels = false;
    call.dropModel();
    call.clock.advance(2000);
    expect(call.finished).toEqual(['model_error']);
    expect(call.unsaid).toBeNull();
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('that come and go, end it too', () => {
    const call = live();
    call.dropModel();
    for (let n = 0; n < 3; n++) {
      call.ring();
      call.dropModel();
      call.hear(1500);
    }
    expect(call.finished).toEqual(['model_error']);
  });
});

describe('a response that fails for the second time', () => {
  it('is asked for once, of another session', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.done('r2', 'failed', [], { error: { code: 'server_error' } });
    call.hear(1000);
    call.begin('r3', call.lastCreate().requestId);
    call.speak({ ...HOURS, responseId: 'r3', previousItemId: 'u1' });
    call.done('r3', 'failed', [], { error: { code: 'server_error' } });
    expect(call.sessions[0]?.socket.closed?.code).toBe(1000);
    call.hear(1500);
    call.ring();
    call.respond({ responseId: 'r4', itemId: 'a4', text: 'and so on.', audioMs: 400 });
    call.hear(4000);
    expect(creates(call)).toBe(1);
    expect(call.troubles).toEqual(['response_failed server_error', 'response_failed server_error']);
  });

  it('by never being begun, is asked for once as well', () => {
    const call = live();
    call.press('#');
    call.hear(5000 + 500);
    expect(call.sessions[0]?.socket.closed?.code).toBe(1000);
    call.ring();
    call.respond({ responseId: 'r4', itemId: 'a4', text: 'Yes?', audioMs: 400 });
    call.hear(1000);
    expect(creates(call)).toBe(1);
    expect(call.troubles).toEqual(['response_failed no_answer']);
  });
});

describe('a response that the server will not let go of', () => {
  it('is left behind with its session, and what was asked for is asked of the next', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, previousItemId: 'u1' });
    // Stalled, cancelled in vain, and every other create is refused for its sake.
    for (let at = 0, refused = 0; at < 100 && call.sessions.length === 1; at++) {
      call.hear(150);
      const made = call.model.of('response.create');
      for (; refused < made.length; refused++) {
        const eventId = made[refused]?.['event_id'];
        const code = 'conversation_already_has_active_response';
        call.event({ type: 'error', error: { code, message: 'x', event_id: eventId } });
      }
    }
    expect(call.sessions).toHaveLength(2);
    call.hear(1500);
    call.ring();
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toContain('Your last words were');
    expect(call.finished).toEqual([]);
  });
});

describe('a response that fails in the middle of a sentence', () => {
  it('goes on from there', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak({ ...HOURS, previousItemId: 'u1' });
    const content = [{ type: 'output_audio', transcript: `${HOURS.text} of the week and on every holiday` }];
    const output = [{ id: 'a2', type: 'message', role: 'assistant', content }];
    call.done('r2', 'failed', output, { error: { code: 'server_error' } });
    call.hear(1000);
    expect(call.lastCreate().instructions).toContain('Your last words were');
    call.hear(4000);
    expect(texts(call).at(-1)).toMatch(/^agent: We open at eight/);
    expect(texts(call).at(-1)).not.toContain('holiday');
  });

  it('again and again because of that limit, is a failure like any other in the end', () => {
    const call = live();
    ask(call);
    for (let at = 2; at < 12 && call.sessions.length === 1; at++) {
      call.begin(`r${at}`, call.lastCreate().requestId);
      call.done(`r${at}`, 'failed', [], { error: { code: 'rate_limit_exceeded' } });
      call.hear(2100);
    }
    expect(call.sessions).toHaveLength(2);
  });

  it('does not keep the last words from being said, by whoever can', () => {
    const call = live({ maxDurationMs: 20_000 });
    while (call.clock.nowMs() < 1_000_000 + 14_100) call.hear(100);
    for (let at = 2; at < 6 && call.finished.length === 0; at++) {
      call.begin(`r${at}`, call.lastCreate().requestId);
      call.done(`r${at}`, 'failed', [], { error: { code: 'rate_limit_exceeded' } });
      call.hear(3000);
      if (call.sessions.length > at - 1) call.ring();
    }
    call.hear(5000);
    expect(call.finished).toEqual(['max_duration']);
    expect(call.unsaid).toBe('Our time is up.');
  });

  it('because of a limit that all calls share, waits for that to pass', () => {
    const call = live();
    ask(call);
    for (const responseId of ['r2', 'r3', 'r4', 'r5']) {
      call.begin(responseId, call.lastCreate().requestId);
      call.done(responseId, 'failed', [], { error: { code: 'rate_limit_exceeded' } });
      call.hear(2100);
    }
    expect(call.sessions).toHaveLength(1);
    call.respond({ ...HOURS, responseId: 'r6' });
    call.hear(4000);
    expect(texts(call).at(-1)).toBe(`agent: ${HOURS.text}`);
    expect(call.finished).toEqual([]);
  });
});

describe('a session that has come to its end', () => {
  it('is replaced without being missed', () => {
    const call = live();
    call.event({ type: 'error', error: { code: 'session_expired', message: 'x' } });
    expect(call.sessions).toHaveLength(2);
    call.use(0).dropModel(1001);
    call.use(null).ring();
    expect(call.told).toEqual([`assistant: ${HELLO.text}`]);
    expect(call.troubles).toEqual([]);
  });
});

describe('a planned rollover', () => {
  const LIFE_MS = 20_000;
  const LEAD_MS = 10_000;

  /** Answered, greeted, and the successor dialled. */
  function renewing(plan = {}): ScriptedCall {
    const call = new ScriptedCall({ ...patient, ...plan }).ring(LIFE_MS).answer();
    call.respond(HELLO);
    call.hear(LIFE_MS - LEAD_MS);
    expect(call.sessions).toHaveLength(2);
    return call;
  }

  it('is not heard: the new session is told what was said, hears the last moments, and is asked for nothing', () => {
    const call = renewing();
    const toCarrier = call.carrier.texts.length;
    call.ring();
    expect(call.carrier.texts).toHaveLength(toCarrier);
    expect(call.told).toEqual([`assistant: ${HELLO.text}`]);
    expect(creates(call)).toBe(0);
    expect(call.appended.map(({ length }) => length / 8)).toEqual([RECENT_MS]);
    expect(call.sessions[0]?.socket.closed).toEqual({ code: 1000, reason: 'session renewed' });
    const toOld = call.sessions[0]?.socket.texts.length;
    call.hear(100, VOICE);
    expect(call.sessions[0]?.socket.texts).toHaveLength(toOld ?? 0);
    expect(call.appended).toHaveLength(6);
    // Words of the new session are at the call's time.
    call.speechStarted('u1', RECENT_MS - 300);
    call.hear(1000);
    call.speechStopped('u1', RECENT_MS + 600);
    call.transcribed('u1', 'Hello?');
    expect(call.turns.at(-1)).toMatchObject({ startMs: LIFE_MS - LEAD_MS, endMs: LIFE_MS - LEAD_MS + 100 });
    expect(call.troubles).toEqual([]);
    expect(call.bridge.stats().modelSessions).toBe(2);
  });

  it('waits for a customer who speaks, for their words, and for the answer', () => {
    const call = renewing();
    call.use(0).speechStarted('u1', 9000);
    call.use(1).ring();
    expect(call.told).toEqual([]);
    call.use(0).speechStopped('u1', 9900, 'a1');
    call.hear(100);
    call.begin('r2');
    call.speak({ ...HOURS, audioMs: 1000, previousItemId: 'u1' });
    call.end({ ...HOURS, audioMs: 1000 });
    call.hear(1100);
    expect(call.use(1).told).toEqual([]);
    call.use(0).transcribed('u1', 'When do you open?');
    expect(call.use(1).told).toEqual([
      `assistant: ${HELLO.text}`,
      'user: When do you open?',
      `assistant: ${HOURS.text}`,
    ]);
    expect(creates(call)).toBe(0);
    expect(texts(call)).toHaveLength(3);
  });

  it('waits no longer than it can: while the agent is still heard, when that becomes urgent', () => {
    const call = renewing();
    call.use(0).begin('r2');
    call.speak({ ...HOURS, audioMs: 9000 });
    call.use(1).ring();
    call.hear(7100);
    expect(call.told).toEqual([]);
    call.use(0).end(HOURS);
    expect(call.use(1).told).toEqual([`assistant: ${HELLO.text}`, `assistant: ${HOURS.text}`]);
    expect(call.carrier.of('clear')).toEqual([]);
    call.hear(2100);
    expect(call.turns.at(-1)).toMatchObject({ text: HOURS.text, wasInterrupted: false });
  });

  it('does not wait for ever for words that are never written down', () => {
    const call = live({ ...patient });
    ask(call, 'u1', null);
    call.respond({ ...HOURS, previousItemId: 'u1' }, null);
    call.hear(3100);
    expect(call.turns.some(({ role }) => role === 'customer')).toBe(false);
    call.hear(30_000);
    expect(texts(call)).toContain('customer: [inaudible]');
    expect(call.troubles).toEqual(['transcription_missing']);
  });

  it('waits for a tool at work', () => {
    const call = renewing();
    call.use(0).begin('r2');
    call.done('r2', 'completed', [toolCall('c1')]);
    call.use(1).ring();
    call.hear(8000);
    expect(call.told).toEqual([]);
    call.bridge.toolResult('c1', '{}');
    call.use(0).respond({ ...HOURS, responseId: 'r3' });
    call.hear(100);
    expect(call.use(1).told.slice(1)).toEqual(['call: book', 'result: {}', `assistant: ${HOURS.text}`]);
  });

  it('comes again and again', () => {
    const call = renewing();
    call.ring(LIFE_MS);
    for (let n = 2; n < 5; n++) {
      call.hear(LEAD_MS);
      expect(call.sessions).toHaveLength(n + 1);
      call.ring(LIFE_MS);
      expect(call.told).toEqual([`assistant: ${HELLO.text}`]);
    }
    expect(call.sessions.filter(({ socket }) => socket.closed === null)).toHaveLength(1);
    expect(call.bridge.stats().modelSessions).toBe(5);
    call.bridge.abort('owner_hung_up');
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('that comes too late for the old session is a replacement', () => {
    const call = renewing();
    call.use(0).begin('r2');
    call.speak({ ...HOURS, audioMs: 1600 });
    call.use(1).ring();
    call.use(0).dropModel();
    expect(call.use(1).told).toEqual([`assistant: ${HELLO.text}`, 'assistant: We open at eight in the morning and we']);
    expect(creates(call)).toBe(1);
    expect(call.sessions).toHaveLength(2);
  });

  it('takes the place of a session whose responses fail, and is asked for the answer once', () => {
    const call = renewing();
    const failed = { error: { code: 'server_error' } };
    call.use(0).begin('r2');
    call.use(1).ring();
    call.use(0).done('r2', 'failed', [], failed);
    call.hear(1000);
    call.begin('r3', call.lastCreate().requestId);
    call.done('r3', 'failed', [], failed);
    expect(call.sessions[0]?.socket.closed?.code).toBe(1000);
    expect(creates(call.use(1))).toBe(1);
    call.respond({ ...HOURS, responseId: 'r4', itemId: 'a4' });
    call.hear(3100);
    expect(creates(call)).toBe(1);
    expect(call.sessions).toHaveLength(2);
  });

  it('leaves words without a voice behind', () => {
    const call = renewing();
    call.use(0).begin('r2');
    call.speak({ ...HOURS, audioMs: 0 });
    call.done('r2', 'incomplete');
    call.use(1).ring();
    expect(call.told).toEqual([`assistant: ${HELLO.text}`]);
  });
});
