import { CarrierLine } from './carrier-line';
import { AgentAudio, CARRIER_HIGH_WATER_BYTES, CARRIER_STUCK_MS } from './agent-audio';
import type { AudioTap } from './audio-tap';
import type { PlayedItem } from './playback';
import { ManualClock } from './testing/manual-clock';
import { audioOf, RecordedSocket, ScriptedCall } from './testing/scripted-call';

const HELLO = { responseId: 'r1', itemId: 'a1', text: 'Hello, how can I help?', audioMs: 2000 };

function setUp() {
  const clock = new ManualClock();
  const carrier = new RecordedSocket();
  const pressure: boolean[] = [];
  const stuck: number[] = [];
  const over: PlayedItem[] = [];
  const nothing = (): void => undefined;
  const audio = new AgentAudio(clock, {
    onFirstAudio: nothing,
    onHeard: nothing,
    onItemOver: (item) => over.push(item),
    onMarksMissing: nothing,
    onBackPressure: (isHigh) => pressure.push(isHigh),
    onCarrierStuck: () => stuck.push(clock.nowMs()),
  });
  const play = (ms: number, itemId = 'a1', responseId = 'r1'): boolean =>
    audio.play({ responseId, itemId, contentIndex: 0, payloadBase64: audioOf(ms) });
  return { clock, carrier, pressure, stuck, over, audio, play };
}

describe('a carrier that reads too slowly', () => {
  function blocked() {
    const all = setUp();
    all.audio.attach(new CarrierLine(all.carrier, 'MZ1'));
    all.play(200);
    all.carrier.bufferedAmount = CARRIER_HIGH_WATER_BYTES;
    all.play(200);
    expect(all.pressure).toEqual([]);
    all.carrier.bufferedAmount++;
    all.play(200);
    expect(all.pressure).toEqual([true]);
    return all;
  }

  it('makes the model wait, once, until it has read nearly everything', () => {
    const { play, carrier, pressure, clock } = blocked();
    play(200);
    carrier.bufferedAmount = 12 * 1024 + 1;
    clock.advance(20);
    expect(pressure).toEqual([true]);
    carrier.bufferedAmount--;
    clock.advance(20);
    expect(pressure).toEqual([true, false]);
    clock.advance(20);
    play(200);
    expect(pressure).toEqual([true, false]);
    // Nothing was lost meanwhile.
    expect(carrier.of('media')).toHaveLength(5);
  });

  it('is stuck when it reads nothing for long, and not when it reads as slowly as it plays', () => {
    const { carrier, stuck, clock } = blocked();
    for (let n = 0; n < 100; n++) {
      carrier.bufferedAmount -= 200;
      clock.advance(100);
    }
    expect(stuck).toEqual([]);
    clock.advance(CARRIER_STUCK_MS - 120);
    expect(stuck).toEqual([]);
    clock.advance(60_000);
    expect(stuck).toHaveLength(1);
  });

  it('leaves no look behind when it goes', () => {
    const { audio, pressure, clock } = blocked();
    audio.detach();
    expect(pressure).toEqual([true, false]);
    clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends its call: nobody hears anything any more', () => {
    const call = new ScriptedCall().ring().answer();
    call.begin('r1', call.lastCreate().requestId);
    call.carrier.bufferedAmount = 200 * 1024;
    call.speak(HELLO);
    expect(call.model.isPaused).toBe(true);
    call.clock.advance(CARRIER_STUCK_MS - 20);
    expect(call.finished).toEqual([]);
    call.clock.advance(20);
    expect(call.troubles).toEqual(['carrier_stuck']);
    expect(call.finished).toEqual(['carrier_error']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('makes the session wait that comes next, too', () => {
    const call = new ScriptedCall().ring().answer();
    call.begin('r1', call.lastCreate().requestId);
    call.carrier.bufferedAmount = 200 * 1024;
    call.speak(HELLO);
    call.dropModel();
    call.clock.advance(500);
    call.ring();
    expect(call.model.isPaused).toBe(true);
    call.carrier.bufferedAmount = 0;
    call.clock.advance(20);
    expect(call.model.isPaused).toBe(false);
  });
});

describe('a phone that rings for long', () => {
  it('is waited for with a bounded amount of audio', () => {
    const { play, pressure } = setUp();
    for (let second = 0; second < 20; second++) expect(play(1000)).toBe(true);
    expect(pressure).toEqual([true]);
    expect(play(20)).toBe(false);
  });

  it('lets the model go on when what was kept is not wanted any more', () => {
    const { play, pressure, audio } = setUp();
    play(5000, 'a1', 'r1');
    play(8000, 'a2', 'r2');
    expect(pressure).toEqual([true]);
    expect(audio.holds('a1') && audio.holds('a2')).toBe(true);
    audio.dropWaiting('r2');
    expect(pressure).toEqual([true, false]);
    expect(audio.holds('a1') && !audio.holds('a2')).toBe(true);
  });

  it('does not complete what was dropped', () => {
    const { play, audio, carrier, over } = setUp();
    play(400, 'a1', 'r1');
    audio.complete('a1');
    audio.dropWaiting('r1');
    play(400, 'a2', 'r2');
    audio.attach(new CarrierLine(carrier, 'MZ1'));
    expect(audio.unfinished().map(({ itemId }) => itemId)).toEqual(['a2']);
    expect(over).toEqual([]);
    expect(carrier.of('media')).toHaveLength(1);
  });
});

class RecordedTap implements AudioTap {
  readonly heard: string[] = [];

  customerAudio(payloadBase64: string, startsAtMs: number): void {
    this.heard.push(`customer ${payloadBase64.slice(0, 4)} ${startsAtMs}`);
  }

  agentAudio(payloadBase64: string, startsAtMs: number): void {
    this.heard.push(`agent ${payloadBase64.slice(0, 4)} ${startsAtMs}`);
  }

  agentCut(atMs: number): void {
    this.heard.push(`cut ${atMs}`);
  }
}

describe('whoever listens in', () => {
  const A = audioOf(20, 0x11).slice(0, 4);
  const B = audioOf(20, 0x22).slice(0, 4);
  const C = audioOf(20, 0x33).slice(0, 4);

  it('hears what was made while the phone rang, from the answer on, one piece after the other', () => {
    const call = new ScriptedCall().ring();
    const tap = new RecordedTap();
    call.bridge.listenIn(tap);
    call.begin('r1', call.lastCreate().requestId);
    call.delta('r1', 'a1', 300, 0x11);
    call.delta('r1', 'a1', 300, 0x22);
    expect(tap.heard).toEqual([]);
    call.clock.advance(5000);
    call.answer();
    expect(tap.heard).toEqual([`agent ${A} 0`, `agent ${B} 300`]);
    call.pass(1000);
    call.delta('r1', 'a1', 300, 0x33);
    expect(tap.heard.at(-1)).toBe(`agent ${C} 1000`);
  });

  it('hears the customer at the carrier’s times, and what is cut of the agent', () => {
    const call = new ScriptedCall().ring().answer();
    const tap = new RecordedTap();
    call.bridge.listenIn(tap);
    call.hear(40, 0x11);
    expect(tap.heard).toEqual([`customer ${A} 0`, `customer ${A} 20`]);
    const media = { track: 'inbound', chunk: '9', timestamp: '500', payload: audioOf(20, 0x22) };
    call.fromCarrier({ event: 'media', sequenceNumber: '9', streamSid: 'MZ1', media });
    expect(tap.heard.at(-1)).toBe(`customer ${B} 500`);
    call.begin('r1', call.lastCreate().requestId);
    call.delta('r1', 'a1', 1000, 0x33);
    call.pass(460);
    call.speechStarted('u1', 300);
    expect(tap.heard.slice(-2)).toEqual([`agent ${C} 40`, 'cut 500']);
  });

  it('hears nothing after the call, nor what was never to be heard of it', () => {
    const call = new ScriptedCall().ring().answer();
    const tap = new RecordedTap();
    call.bridge.listenIn(tap);
    call.respond(HELLO);
    call.pass(1000);
    call.bridge.abort('owner_hung_up');
    expect(tap.heard.at(-1)).toBe('cut 1000');
    const heard = tap.heard.length;
    call.bridge.listenIn(tap);
    call.frame(0x11);
    call.delta('r1', 'a1', 200);
    expect(tap.heard).toHaveLength(heard);
  });

  it('may be several, each as long as it likes', () => {
    const call = new ScriptedCall().ring().answer();
    const [recorder, listener] = [new RecordedTap(), new RecordedTap()];
    call.bridge.listenIn(recorder);
    const leave = call.bridge.listenIn(listener);
    call.hear(20, 0x11);
    leave();
    call.hear(20, 0x22);
    expect(recorder.heard).toEqual([`customer ${A} 0`, `customer ${B} 20`]);
    expect(listener.heard).toEqual([`customer ${A} 0`]);
  });

  it('may come and go', () => {
    const call = new ScriptedCall().ring().answer();
    const tap = new RecordedTap();
    call.hear(20, 0x11);
    const leave = call.bridge.listenIn(tap);
    call.hear(20, 0x11);
    leave();
    call.hear(20, 0x11);
    expect(tap.heard).toEqual([`customer ${A} 20`]);
  });
});
