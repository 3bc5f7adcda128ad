import { OWN_NUMBER, ACCOUNT_SID, SandboxFixture, until } from './spec-support/sandbox-fixture';
import { FRAME_MS, SILENCE_BYTE } from '../media/g711';

interface CallView {
  status: string;
  frames_in: number;
  frames_out: number;
  marks: number;
  clears: number;
  heard: { text: string; start_ms: number; end_ms: number }[];
  said: { text: string; interrupted: boolean }[];
  digits: string;
  twiml: string[];
  webhooks: { event: string; status: number | null; attempts: number }[];
  stream: { url: string; handshake_status: number; close_code: number | null };
  notices: { code: number }[];
  error?: string;
}

const FRAMES_OF_TEN_SECONDS = 10_000 / FRAME_MS;

describe('an outbound call', () => {
  let fixture: SandboxFixture;
  const connect = (after = '<Hangup/>') =>
    `<Connect><Stream url="${fixture.product.streamUrl}"><Parameter name="token" value="a&amp;b"/></Stream></Connect>${after}`;

  beforeEach(async () => {
    fixture = await SandboxFixture.start();
  });
  afterEach(() => fixture.close());

  const stream = async (index = 0) => {
    await until('a media stream', () => fixture.product.streams[index]?.streamSid !== undefined);
    const found = fixture.product.streams[index];
    if (!found) throw new Error('no stream');
    await until('its start', () => found.streamSid !== '');
    return found;
  };

  it('goes from the SDK through ring, answer and stream to the end, every request signed', async () => {
    const { product, voices } = fixture;
    product.answer('/voice', connect());
    const created = await fixture.call('+1 (202) 555-0100');
    expect(created).toMatchObject({
      status: 'queued',
      to: '+12025550100',
      from: OWN_NUMBER,
      direction: 'outbound-api',
    });

    const media = await stream();
    expect(media.isSigned).toBe(true);
    media.media(voices.speech('Hello this is your assistant').mulaw);
    await until('an answer of the person', async () => {
      const view = await fixture.view<CallView>(created.sid);
      return view.said.some((line) => line.text.startsWith('Yes, speaking'));
    });
    await fixture.client.calls(created.sid).update({ status: 'completed' });
    await until('the last status callback', () => product.on('/status').length === 4);

    const [connected, start, firstMedia] = media.events;
    expect(connected).toMatchObject({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(connected).not.toHaveProperty('sequenceNumber');
    expect(start).toMatchObject({
      event: 'start',
      sequenceNumber: '1',
      start: {
        accountSid: ACCOUNT_SID,
        callSid: created.sid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: { token: 'a&b' },
      },
    });
    expect(firstMedia).toMatchObject({
      event: 'media',
      sequenceNumber: '2',
      media: {
        track: 'inbound',
        chunk: '1',
        timestamp: '0',
        payload: Buffer.alloc(160, SILENCE_BYTE).toString('base64'),
      },
    });
    expect(media.of('media')[10]?.media).toMatchObject({ chunk: '11', timestamp: '200' });
    expect(media.events.at(-1)).toMatchObject({
      event: 'stop',
      stop: { accountSid: ACCOUNT_SID, callSid: created.sid },
    });

    expect(product.webhooks.every((webhook) => webhook.isSigned)).toBe(true);
    const statuses = product.on('/status').map(({ form }) => [form['SequenceNumber'], form['CallStatus']]);
    expect(statuses.sort()).toEqual([
      ['0', 'initiated'],
      ['1', 'ringing'],
      ['2', 'in-progress'],
      ['3', 'completed'],
    ]);
    expect(product.on('/voice')[0]?.form).toMatchObject({
      CallSid: created.sid,
      AccountSid: ACCOUNT_SID,
      CallStatus: 'in-progress',
      Direction: 'outbound-api',
      To: '+12025550100',
      ApiVersion: '2010-04-01',
    });
    const view = await fixture.view<CallView>(created.sid);
    expect(view).toMatchObject({
      status: 'completed',
      frames_in: 1,
      heard: [{ text: 'Hello this is your assistant' }],
    });
    expect(view.stream).toMatchObject({ url: product.streamUrl, handshake_status: 101 });
    expect(view.twiml[0]).toContain('<Connect>');
    expect(await fixture.client.calls(created.sid).fetch()).toMatchObject({ status: 'completed', priceUnit: 'USD' });
  });

  it('sends a frame every 20 ms without drifting', async () => {
    fixture.product.answer('/voice', connect());
    await fixture.call('+12025550106');
    const media = await stream();
    await until('50 frames', () => media.of('media').length >= 50);
    const frames = media.of('media');
    const elapsedMs = (frames[49]?.atMs ?? 0) - (frames[0]?.atMs ?? 0);
    expect(elapsedMs).toBeGreaterThan(930);
    expect(elapsedMs).toBeLessThan(1150);
  });

  it('echoes a mark when the audio before it has been heard, and at once when nothing waits', async () => {
    fixture.product.answer('/voice', connect());
    await fixture.call('+12025550106');
    const media = await stream();
    media.mark('nothing before');
    await until('the first mark', () => media.of('mark').length === 1);
    const sentAtMs = performance.now();
    media.media(fixture.voices.speech('x', 10).mulaw);
    media.mark('after 200 ms');
    await until('the second mark', () => media.of('mark').length === 2);
    const waitedMs = performance.now() - sentAtMs;
    expect(waitedMs).toBeGreaterThan(180);
    expect(waitedMs).toBeLessThan(400);
    expect(media.of('mark').map((each) => each.mark?.name)).toEqual(['nothing before', 'after 200 ms']);
  });

  it('returns every waiting mark at once when it is cleared, and plays nothing of what was cleared', async () => {
    fixture.product.answer('/voice', connect());
    const { sid } = await fixture.call('+12025550106');
    const media = await stream();
    media.media(fixture.voices.speech('never heard', FRAMES_OF_TEN_SECONDS).mulaw);
    media.mark('a');
    media.media(fixture.voices.speech('nor this', FRAMES_OF_TEN_SECONDS).mulaw);
    media.mark('b');
    media.clear();
    await until('both marks', () => media.of('mark').length === 2, 5000);
    const view = await fixture.view<CallView>(sid);
    expect(view).toMatchObject({ marks: 2, clears: 1, frames_in: 2 });
    await fixture.control('POST', `/calls/${sid}/hangup`);
    const audio = await fetch(`${fixture.sandbox.baseUrl}/sandbox/calls/${sid}/audio.wav?channel=platform`);
    const samples = Buffer.from(await audio.arrayBuffer()).subarray(44);
    let loud = 0;
    for (let i = 0; i < samples.length; i += 2) if (Math.abs(samples.readInt16LE(i)) > 500) loud += 1;
    // A busy machine may play a little between two messages; of twenty seconds that is next to nothing.
    expect(loud).toBeLessThan(8000 * 2);
  });

  it('runs the next verb when the server closes the stream', async () => {
    fixture.product.answer('/voice', connect('<Say>Good bye then</Say>'));
    const { sid } = await fixture.call('+12025550106');
    const media = await stream();
    media.socket.close(1000);
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    expect(fixture.voices.spoken).toContainEqual({ text: 'Good bye then', voice: 'carrier' });
    const view = await fixture.view<CallView>(sid);
    expect(view.notices).toMatchObject([{ code: 31921 }]);
    expect(view.error).toBeUndefined();
  });

  it('requests the action of <Connect> with the stream that ended', async () => {
    const { product } = fixture;
    product.answer('/voice', `<Connect action="/next"><Stream url="${product.streamUrl}"/></Connect>`);
    product.answer('/next', '<Hangup/>');
    await fixture.call('+12025550106');
    const media = await stream();
    media.socket.close();
    await until('the action', () => product.on('/next').length === 1);
    expect(product.on('/next')[0]).toMatchObject({ isSigned: true, form: { StreamSid: media.streamSid } });
  });

  it.each([
    ['a binary message', Buffer.from([1, 2, 3])],
    ['text that is not JSON', 'hello'],
    ['an unknown event', '{"event":"dance","streamSid":"MZ"}'],
    ['another stream’s sid', '{"event":"clear","streamSid":"MZ0"}'],
    ['media without payload', '{"event":"media","streamSid":"MZ","media":{}}'],
  ])('ends the stream with 31924 over %s and goes on with the next verb', async (_name, message) => {
    fixture.product.answer('/voice', connect('<Say>Sorry</Say>'));
    const { sid } = await fixture.call('+12025550106');
    const media = await stream();
    media.socket.send(typeof message === 'string' ? message.replace('"MZ"', `"${media.streamSid}"`) : message);
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    expect((await fixture.view<CallView>(sid)).error).toContain('31924');
    expect(fixture.voices.spoken).toContainEqual({ text: 'Sorry', voice: 'carrier' });
  });

  it('goes on with the next verb when the handshake is refused', async () => {
    fixture.product.refuseStreamsWith = 403;
    fixture.product.answer('/voice', connect('<Say>No line</Say>'));
    const { sid } = await fixture.call('+12025550106');
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    const view = await fixture.view<CallView>(sid);
    expect(view.error).toContain('31920');
    expect(view.stream.handshake_status).toBe(403);
  });

  it('cuts the media socket without stop when told to, and goes on with the next verb', async () => {
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'cut_media', after_ms: 100 });
    fixture.product.answer('/voice', connect('<Redirect>/again</Redirect>'));
    fixture.product.answer('/again', connect());
    await fixture.call('+12025550106');
    const first = await stream(0);
    await stream(1);
    expect(first.of('stop')).toEqual([]);
    expect(first.closeCode).toBe(1006);
    expect(first.of('media').length).toBeGreaterThanOrEqual(5);
  });

  it('lets its timestamps jump over a standstill, as the time on the line does', async () => {
    fixture.product.answer('/voice', connect());
    await fixture.call('+12025550106');
    const media = await stream();
    await until('some audio', () => media.of('media').length > 3);
    const until2s = performance.now() + 2000;
    while (performance.now() < until2s);
    const before = media.of('media').length;
    await until('audio after it', () => media.of('media').length > before + 40);
    const at = media.of('media').map((event) => {
      const { chunk, timestamp } = event.media as { chunk: string; timestamp: string };
      return { chunk: Number(chunk), ms: Number(timestamp) };
    });
    const steps = at.slice(1).map(({ ms }, i) => ms - (at[i]?.ms ?? 0));
    const jumps = steps.filter((ms) => ms !== 20);
    expect(jumps).toHaveLength(1);
    expect(jumps[0]).toBeGreaterThan(1400);
    expect(jumps[0]).toBeLessThan(1700);
    expect(at.map(({ chunk }) => chunk)).toEqual(at.map((_, i) => i + 1));
  });

  it('loses a mark when told to, and returns the next', async () => {
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'lose_marks' });
    fixture.product.answer('/voice', connect());
    const { sid } = await fixture.call('+12025550106');
    const media = await stream();
    for (const name of ['first', 'second']) {
      media.socket.send(JSON.stringify({ event: 'mark', streamSid: media.streamSid, mark: { name } }));
    }
    await until('a mark', () => media.of('mark').length > 0);
    expect(media.of('mark')).toMatchObject([{ mark: { name: 'second' } }]);
    expect(await fixture.view(sid)).toMatchObject({ marks: 2 });
  });

  it('stops the stream and runs the new document when it is redirected', async () => {
    fixture.product.answer('/voice', connect());
    fixture.product.answer('/other', '<Say>Moved</Say>');
    const { sid } = await fixture.call('+12025550106');
    const media = await stream();
    await fixture.client.calls(sid).update({ url: fixture.product.url('/other') });
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    expect(media.events.at(-1)?.event).toBe('stop');
    expect(fixture.voices.spoken.at(-1)?.text).toBe('Moved');
  });

  it('says what a new document of a live call says, after the end of its stream, and then what follows', async () => {
    fixture.product.answer('/voice', connect('<Say>Never</Say>'));
    const { sid } = await fixture.call('+12025550106');
    const media = await stream();
    media.media(fixture.voices.speech('cut off in the middle', 100).mulaw);
    await until('a mark', () => {
      if (media.of('mark').length === 0) media.mark('reached');
      return media.of('media').length > 20;
    });
    await fixture.client.calls(sid).update({
      twiml: '<Response><Say>Sorry we have to end this call</Say><Hangup/><Say>Never</Say></Response>',
    });
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    expect(media.events.at(-1)).toMatchObject({ event: 'stop', stop: { callSid: sid } });
    expect(media.closeCode).toBe(1000);
    const { heard, stream: view } = await fixture.view<CallView>(sid);
    expect(heard.map((line) => line.text).join(' ')).toBe('cut off in the middle Sorry we have to end this call');
    expect(view.close_code).toBe(1000);
    expect(fixture.voices.spoken.map(({ text }) => text)).not.toContain('Never');
  });

  it('says what the voice webhook says, to the last word, and hangs up', async () => {
    fixture.product.answer('/voice', '<Say>We cannot take your call at the moment</Say><Hangup/>');
    const { sid } = await fixture.call('+12025550106');
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    const { heard } = await fixture.view<CallView>(sid);
    expect(heard).toMatchObject([{ text: 'We cannot take your call at the moment' }]);
    expect((heard[0]?.end_ms ?? 0) - (heard[0]?.start_ms ?? 0)).toBeGreaterThanOrEqual(780);
    expect(fixture.product.streams).toEqual([]);
  });

  it('ends at its time limit', async () => {
    fixture.product.answer('/voice', connect());
    const { sid } = await fixture.call('+12025550106', { timeLimit: 1 });
    const media = await stream();
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    await until('stop', () => media.events.at(-1)?.event === 'stop');
    await until('the last callback', () => fixture.product.on('/status').length === 4);
    expect(fixture.product.on('/status').at(-1)?.form).toMatchObject({ CallDuration: '1', Duration: '1' });
  });
});
