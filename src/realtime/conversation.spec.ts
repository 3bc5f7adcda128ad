import type { Logger } from '@nestjs/common';
import type { CalendarAgenda } from '../calendar/agenda.service';
import type { CalendarDeeds } from '../calendar/calendar-deeds.service';
import type { LiveCall, LiveCalls } from '../calls/live-calls.service';
import { readConfig } from '../config/app-config';
import { RealtimeModel } from '../integrations/realtime-model/realtime-model';
import type { Telephony } from '../integrations/telephony/telephony';
import type { BridgeSocket, ModelListener } from '../media/sockets';
import type { Agent } from '../scenarios/agent';
import type { CallTexts } from '../sms/call-texts.service';
import { Conversation } from './conversation';

const config = readConfig({
  SECRET_KEY: 'only a spec',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'none',
  TWILIO_PHONE_NUMBER: '+12025550000',
  OPENAI_API_KEY: 'none',
});
const AGENT = {
  persona: 'You are Mia.',
  prompt: 'Help.',
  language: 'en',
  tools: [],
  greeting: null,
  voicemailMessage: null,
} as unknown as Agent;
const CALL_SID = `CA${'1'.repeat(32)}`;

class SilentSocket implements BridgeSocket {
  readonly sent: string[] = [];
  readonly bufferedAmount = 0;
  closeCode: number | undefined;
  send(text: string): void {
    this.sent.push(text);
  }
  pause(): void {}
  resume(): void {}
  close(code: number): void {
    this.closeCode ??= code;
  }
}

class ScriptedModel extends RealtimeModel {
  listener: ModelListener | undefined;
  override open(listener: ModelListener): void {
    this.listener = listener;
  }
}

function setUp({ databaseHangs = false, carrierFails = false, carrierHangs = false } = {}) {
  const model = new ScriptedModel();
  const ends: string[] = [];
  const hangUps: string[] = [];
  const farewells: string[] = [];
  const calls = {
    recordTurn: () => Promise.resolve(),
    recordEnd: (_owner: unknown, _callId: string, reason: string) => {
      ends.push(reason);
      return databaseHangs ? new Promise<void>(() => undefined) : Promise.resolve();
    },
  } as unknown as LiveCalls;
  const carrier = (): Promise<boolean> => {
    if (carrierHangs) return new Promise(() => undefined);
    return carrierFails ? Promise.reject(new Error('no')) : Promise.resolve(true);
  };
  const telephony = {
    hangUp: (callSid: string) => {
      hangUps.push(callSid);
      return carrier();
    },
    farewell: (_callSid: string, sentence: string, language: string) => {
      farewells.push(`${language}: ${sentence}`);
      return carrier();
    },
  } as unknown as Telephony;
  const quiet = () => undefined;
  const log = { log: quiet, warn: quiet, error: quiet } as unknown as Logger;
  const call = {
    owner: { userId: 1 },
    callId: 'c1',
    callSid: CALL_SID,
    streamToken: 'its token',
    agent: AGENT,
    variables: {},
    ownerName: 'Acme',
    direction: 'outbound',
    answeredBy: null,
    maxDurationSeconds: 60,
  } as unknown as LiveCall;
  const [agenda, deeds, texts] = [{} as CalendarAgenda, {} as CalendarDeeds, {} as CallTexts];
  const deps = { calls, models: model, telephony, agenda, deeds, texts, config, log };
  const conversation = new Conversation(call, deps);
  return { conversation, model, ends, hangUps, farewells, carrier: new SilentSocket() };
}

describe('a conversation', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('puts the phone down although the database hangs', async () => {
    const { conversation, hangUps, carrier } = setUp({ databaseHangs: true });
    conversation.attach(carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
    conversation.abort('server_error');
    await jest.advanceTimersByTimeAsync(2000);
    expect(hangUps).toEqual([CALL_SID]);
    expect(carrier.closeCode).toBe(1000);
  });

  it('of a model that cannot be reached ends the ringing call, and closes what opens too late', async () => {
    const { conversation, model, ends, hangUps } = setUp();
    conversation.abort('model_error');
    const late = new SilentSocket();
    model.listener?.onOpen(late);
    await jest.advanceTimersByTimeAsync(0);
    await conversation.finished;
    expect(ends).toEqual(['model_error']);
    expect(hangUps).toEqual([CALL_SID]);
    expect(late.closeCode).toBe(1001);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that turns out to be another’s is dropped, and nothing is done to its call', async () => {
    const { conversation, ends, hangUps, carrier } = setUp();
    conversation.attach(carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
    conversation.disown();
    await conversation.finished;
    expect([ends, hangUps]).toEqual([[], []]);
    expect(carrier.closeCode).toBe(1008);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is joined by its own stream, with its token, once', () => {
    const { conversation, carrier } = setUp();
    expect(conversation.isJoinedBy('another token', CALL_SID)).toBe(false);
    expect(conversation.isJoinedBy('its token', `CA${'2'.repeat(32)}`)).toBe(false);
    expect(conversation.isJoinedBy('its token', CALL_SID)).toBe(true);
    conversation.attach(carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
    expect(conversation.isJoinedBy('its token', CALL_SID)).toBe(false);
    conversation.abort('server_error');
  });

  it('of a model that is lost for good says goodbye by the carrier’s own voice', async () => {
    const { conversation, model, ends, hangUps, farewells, carrier } = setUp();
    conversation.attach(carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
    model.listener?.onUnavailable({ detail: 'Wrong key.', isFinal: true });
    await jest.advanceTimersByTimeAsync(15_000);
    await conversation.finished;
    expect(ends).toEqual(['model_error']);
    expect(hangUps).toEqual([]);
    expect(farewells).toEqual([expect.stringMatching(/^en: .*technical problem.*Goodbye\.$/)]);
    expect(carrier.closeCode).toBe(1000);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each(['{"event":"stop","sequenceNumber":"9"}', '{ "streamSid": "MZ1", "event": "stop", "stop": {} }'])(
    'that the carrier stops with %s was hung up by the customer and is not hung up again',
    async (stop) => {
      const { conversation, ends, hangUps, carrier } = setUp();
      conversation.attach(carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
      conversation.onCarrierMessage(stop);
      conversation.onCarrierClosed(1000);
      await jest.advanceTimersByTimeAsync(10_000);
      await conversation.finished;
      expect(ends).toEqual(['customer_hung_up']);
      expect(hangUps).toEqual([]);
    },
  );

  it('whose media socket vanishes without a word is trouble on the line, and the carrier says so', async () => {
    const { conversation, ends, hangUps, farewells, carrier } = setUp();
    conversation.attach(carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
    conversation.onCarrierClosed(1006);
    await jest.advanceTimersByTimeAsync(10_000);
    await conversation.finished;
    expect(ends).toEqual(['carrier_error']);
    expect(hangUps).toEqual([]);
    expect(farewells).toEqual([expect.stringMatching(/^en: .*technical/)]);
  });

  describe('whose carrier asks what comes after the stream', () => {
    const attached = (options = {}) => {
      const all = setUp(options);
      all.conversation.attach(all.carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
      return all;
    };

    it('before we have noticed, ends, and leaves the sentence and the hang-up to the carrier', async () => {
      const { conversation, ends, hangUps, farewells } = attached();
      expect(await conversation.streamOver()).toMatch(/technical/);
      await jest.advanceTimersByTimeAsync(10_000);
      await conversation.finished;
      expect(ends).toEqual(['carrier_error']);
      expect([...hangUps, ...farewells]).toEqual([]);
    });

    it('while we are saying goodbye by its API, is told nothing more', async () => {
      const { conversation, farewells } = attached();
      conversation.onCarrierClosed(1006);
      await jest.advanceTimersByTimeAsync(100);
      expect(await conversation.streamOver()).toBeNull();
      expect(farewells).toHaveLength(1);
    });

    it('after its API has failed us, says it then', async () => {
      const { conversation } = attached({ carrierFails: true });
      conversation.onCarrierClosed(1006);
      await jest.advanceTimersByTimeAsync(100);
      expect(await conversation.streamOver()).toMatch(/technical/);
    });

    it('after an end of ours, is only told to hang up', async () => {
      const { conversation, ends } = attached({ carrierFails: true });
      conversation.abort('owner_hung_up');
      await jest.advanceTimersByTimeAsync(100);
      expect(await conversation.streamOver()).toBeNull();
      expect(ends).toEqual(['owner_hung_up']);
    });
  });

  it('does not wait for a carrier that takes its time to hang up: the stream is closed', async () => {
    const { conversation, carrier } = setUp({ carrierHangs: true });
    conversation.attach(carrier, { streamSid: 'MZ1', callSid: CALL_SID }, []);
    conversation.abort('owner_hung_up');
    await jest.advanceTimersByTimeAsync(2500);
    expect(carrier.closeCode).toBe(1000);
  });
});
