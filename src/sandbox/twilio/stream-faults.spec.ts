import { setTimeout as delay } from 'node:timers/promises';
import { SandboxFixture, until } from '../spec-support/sandbox-fixture';
import type { ReceivedStream } from '../spec-support/fake-product';
import { FLOOD_MESSAGES } from './stream-faults';

interface CallView {
  status: string;
  frames_out: number;
  heard: { text: string }[];
  stream: { close_code: number | null };
  notices: { code: number }[];
}

/** A phone that says nothing by itself. */
const QUIET = '+12025550106';

describe('trouble on a media stream', () => {
  let fixture: SandboxFixture;

  beforeEach(async () => {
    fixture = await SandboxFixture.start({ ringMs: 0 });
    fixture.product.answer('/voice', `<Connect><Stream url="${fixture.product.streamUrl}"/></Connect>`);
  });
  afterEach(() => fixture.close());

  const connect = async (to = QUIET): Promise<{ sid: string; media: ReceivedStream }> => {
    const { sid } = await fixture.call(to);
    const isOurs = (each: ReceivedStream) => each.of('start')[0]?.start?.callSid === sid;
    await until('its media stream', () => fixture.product.streams.some(isOurs));
    return { sid, media: fixture.product.streams.find(isOurs) as ReceivedStream };
  };
  const arm = (fault: string, order: Record<string, unknown> = {}) =>
    fixture.control('POST', '/faults', { provider: 'twilio', fault, ...order });
  const framesAfter = async (media: ReceivedStream, ms: number) => {
    const before = media.of('media').length;
    await delay(ms);
    return media.of('media').length - before;
  };

  it.each([
    ['a call', (sid: string) => ({ call_sid: sid })],
    ['a phone', () => ({ number: '202-555-0106' })],
  ])('aimed at %s touches no other call, whoever is first', async (_whom, aim) => {
    const other = await connect('+12025550100');
    const victim = await connect();
    await arm('cut_media', aim(victim.sid));
    await until('the cut', () => victim.media.closeCode !== undefined);
    expect(victim.media.closeCode).toBe(1006);
    expect(await framesAfter(other.media, 200)).toBeGreaterThan(5);
    expect(other.media.closeCode).toBeUndefined();
  });

  it('strikes when the stream is as old as was said', async () => {
    await arm('malformed', { after_ms: 400 });
    const { media } = await connect();
    await until('it', () => media.junk.length > 0);
    expect(media.of('media').length).toBeGreaterThanOrEqual(20);
    expect(media.junk).toHaveLength(1);
    expect(await framesAfter(media, 200)).toBeGreaterThan(5);
  });

  it('flood: thousands of well-formed messages at once, beside the frames of the line', async () => {
    const { media } = await connect();
    await arm('flood');
    await until('all of them', () => media.of('media').length > FLOOD_MESSAGES);
    const chunks = media.of('media').map((each) => Number(each.media?.chunk));
    expect(chunks.every((chunk, index) => chunk > (chunks[index - 1] ?? 0))).toBe(true);
    // After it come the frames of the line alone, one for 20 ms; a flood does not move the stream's clock.
    await framesAfter(media, 200);
    const ofTheLine = Number(media.of('media').at(-1)?.media?.timestamp) / 20 + 1;
    expect(media.of('media').length).toBeLessThanOrEqual(FLOOD_MESSAGES + ofTheLine);
  });

  it('flood: ends when the server closes the socket', async () => {
    const { sid, media } = await connect();
    media.socket.on('message', () => {
      if (media.events.length > 200) media.socket.close(1008, 'too much');
    });
    await arm('flood');
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    expect(await fixture.view<CallView>(sid)).toMatchObject({ stream: { close_code: 1008 } });
  });

  it('oversized: one media message of 200 KB', async () => {
    const { media } = await connect();
    await arm('oversized');
    await until('it', () => media.of('media').some((each) => (each.media?.payload.length ?? 0) === 200 * 1024));
  });

  it('binary: a message that is not text', async () => {
    const { media } = await connect();
    await arm('binary');
    await until('it', () => media.junk.length > 0);
    expect(media.junk[0]?.isBinary).toBe(true);
    expect(media.junk[0]?.data).toHaveLength(160);
  });

  it('fragmented: frames in three WebSocket fragments, each the whole message that it always was', async () => {
    const { media } = await connect();
    const wire: Buffer[] = [];
    (media.socket as unknown as { _socket: NodeJS.EventEmitter })._socket.prependListener('data', (bytes: Buffer) => {
      wire.push(bytes);
    });
    const before = media.of('media').length;
    await arm('fragmented', { count: 3 });
    await until('some frames', () => media.of('media').length > before + 10);
    const kinds = kindsOf(Buffer.concat(wire));
    expect(kinds.filter((kind) => kind === 'text, to be continued')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'continued')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'continued to the end')).toHaveLength(3);
    const numbers = media.events.slice(1).map((each) => Number(each.sequenceNumber));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(media.junk).toEqual([]);
  });

  it('slow_reader: the phone still speaks, but hears nothing until it reads again', async () => {
    const { sid, media } = await connect();
    await arm('slow_reader', { after_ms: 1500 });
    await delay(60);
    media.media(fixture.voices.speech('Can you hear me', 20).mulaw);
    media.mark('said');
    media.socket.ping();
    expect(await framesAfter(media, 400)).toBeGreaterThan(10);
    expect(media.of('mark')).toEqual([]);
    expect(media.pongs).toBe(0);
    await until('the mark', () => media.of('mark').length === 1);
    expect(media.pongs).toBe(1);
    await fixture.control('POST', `/calls/${sid}/hangup`);
    expect((await fixture.view<CallView>(sid)).heard).toMatchObject([{ text: 'Can you hear me' }]);
  });

  it('half_open: says nothing, answers no ping and no close, and the socket stays open', async () => {
    const { sid, media } = await connect();
    await arm('half_open');
    await until('its silence', async () => (await framesAfter(media, 100)) === 0);
    media.socket.ping();
    media.media(fixture.voices.speech('Are you there', 20).mulaw);
    media.mark('never');
    media.socket.close(1011);
    await delay(400);
    expect(media.pongs).toBe(0);
    expect(media.of('mark')).toEqual([]);
    expect(media.closeCode).toBeUndefined();
    expect(await fixture.view<CallView>(sid)).toMatchObject({ status: 'in-progress', heard: [] });
    media.socket.terminate();
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
  });

  it('half_open: the end of the call is not told either', async () => {
    const { sid, media } = await connect();
    await arm('half_open');
    await until('its silence', async () => (await framesAfter(media, 100)) === 0);
    await fixture.control('POST', `/calls/${sid}/hangup`);
    await until('the closed socket', () => media.closeCode !== undefined);
    expect(media.closeCode).toBe(1006);
    expect(media.of('stop')).toEqual([]);
  });

  it('lose_marks spares the marks of other calls', async () => {
    const other = await connect('+12025550100');
    const victim = await connect();
    await arm('lose_marks', { call_sid: victim.sid });
    other.media.mark('kept');
    victim.media.mark('lost');
    victim.media.mark('kept');
    await until('both', () => other.media.of('mark').length === 1 && victim.media.of('mark').length === 1);
    expect(victim.media.of('mark')).toMatchObject([{ mark: { name: 'kept' } }]);
  });

  describe('that the server closes', () => {
    it('is followed by the next verb, and by the end of the call when there is none', async () => {
      const { sid, media } = await connect();
      media.socket.close(1011);
      await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
      const view = await fixture.view<CallView>(sid);
      expect(view).toMatchObject({ stream: { close_code: 1011 }, notices: [{ code: 31_921 }] });
    });
  });
});

/** What the WebSocket frames of a client are, from their bytes (RFC 6455 section 5.2). */
function kindsOf(wire: Buffer): string[] {
  const kinds: string[] = [];
  for (let at = 0; at + 6 <= wire.length;) {
    const first = wire.readUInt8(at);
    const short = wire.readUInt8(at + 1) & 0x7f;
    const [head, length] = short === 126 ? [4, wire.readUInt16BE(at + 2)] : [2, short];
    const isFinal = first >= 0x80;
    const isContinuation = (first & 0x0f) === 0;
    if (isContinuation) kinds.push(isFinal ? 'continued to the end' : 'continued');
    else kinds.push(isFinal ? 'whole' : 'text, to be continued');
    at += head + 4 + length;
  }
  return kinds;
}
