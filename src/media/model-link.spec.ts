import { LINK_LIMIT_MS, ModelLink, type LinkFailure } from './model-link';
import type { BridgeSocket } from './sockets';
import { ManualClock } from './testing/manual-clock';
import { aPlan, RecordedSocket, type Message } from './testing/scripted-call';

const DETECTION = { createResponse: true, interruptResponse: true };

function setUp(detection = DETECTION) {
  const clock = new ManualClock();
  const told: string[] = [];
  const failures: LinkFailure[] = [];
  const link = new ModelLink(clock, aPlan(), detection, {
    onReady: () => told.push('ready'),
    onFailed: (_, failure) => {
      told.push('failed');
      failures.push(failure);
    },
    onMessage: (_, text) => told.push(text),
    onClosed: (_, failure) => {
      told.push('closed');
      failures.push(failure);
    },
  });
  const socket = new RecordedSocket();
  const say = (message: Message): void => link.onMessage(JSON.stringify(message));
  const open = (of: BridgeSocket | null = socket): void =>
    link.open({ open: (listener) => (of === null ? undefined : listener.onOpen(of)) });
  const created = (session: Message = {}): void => say({ type: 'session.created', session });
  const updated = (session: Message = {}): void => say({ type: 'session.updated', session });
  return { clock, link, socket, told, failures, open, say, created, updated };
}

describe('a session that is dialled', () => {
  it('is configured once, when it is created, and is ready when that is confirmed', () => {
    const { open, created, updated, socket, told, say, clock } = setUp();
    open();
    expect(socket.texts).toEqual([]);
    created();
    created();
    expect(socket.messages).toMatchObject([{ type: 'session.update', event_id: 'session_1' }]);
    say({ type: 'rate_limits.updated' });
    expect(told).toEqual([]);
    updated();
    expect(told).toEqual(['ready']);
    expect(clock.pendingTimers).toBe(0);
    say({ type: 'x' });
    expect(told).toEqual(['ready', '{"type":"x"}']);
  });

  it('does by itself what the server has confirmed, not what it was asked', () => {
    const { open, created, updated, link } = setUp();
    open();
    created();
    updated({ audio: { input: { turn_detection: { create_response: false } } } });
    expect(link.detection).toEqual({ createResponse: false, interruptResponse: true });
  });

  it('knows when it ends, on the clock of the call', () => {
    const { open, created, link, clock } = setUp();
    open();
    const inTenMinutesS = Math.ceil(clock.epochMs() / 1000) + 600;
    clock.advance(2000);
    created({ expires_at: inTenMinutesS });
    expect(link.endsAtMs).toBe(clock.nowMs() + inTenMinutesS * 1000 - clock.epochMs());
  });

  it.each([
    ['server_error', false],
    ['rate_limit_exceeded', false],
    ['unknown_parameter', true],
    ['insufficient_quota', true],
  ])('fails by an error, and for good by one that would come again (%s)', (code, isFinal) => {
    const { open, created, say, told, failures, socket, clock } = setUp();
    open();
    created();
    say({ type: 'error', error: { code, message: 'x' } });
    expect(told).toEqual(['failed']);
    expect(failures).toEqual([{ detail: code, isFinal }]);
    expect(socket.closed?.code).toBe(1001);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails when it is not configured in time, and when it closes before', () => {
    const slow = setUp();
    slow.open();
    slow.created();
    slow.clock.advance(LINK_LIMIT_MS - 1);
    expect(slow.told).toEqual([]);
    slow.clock.advance(1);
    expect(slow.failures).toMatchObject([{ isFinal: false }]);
    const closed = setUp();
    closed.open();
    closed.link.onClosed(1006, '');
    expect(closed.failures).toEqual([{ detail: '1006', isFinal: false }]);
    const refused = setUp();
    refused.open();
    refused.link.onClosed(3000, 'invalid_request_error');
    expect(refused.failures).toEqual([{ detail: '3000 invalid_request_error', isFinal: true }]);
  });

  it('fails once', () => {
    const { open, created, told, link, clock } = setUp();
    open();
    created();
    link.onUnavailable({ detail: 'refused', isFinal: false });
    link.onClosed(1006, '');
    clock.advance(LINK_LIMIT_MS);
    expect(told).toEqual(['failed']);
  });
});

describe('a session that nobody wants any more', () => {
  it('is closed when it opens after all', () => {
    const { open, link, socket, told, clock } = setUp();
    open(null);
    clock.advance(LINK_LIMIT_MS);
    link.onOpen(socket);
    expect(socket.closed).toEqual({ code: 1001, reason: 'no longer needed' });
    expect(told).toEqual(['failed']);
  });

  it('is not listened to', () => {
    const { open, created, updated, link, told, say, socket } = setUp();
    open();
    created();
    updated();
    link.close(1000, 'call over');
    say({ type: 'x' });
    link.onClosed(1000, '');
    expect(told).toEqual(['ready']);
    expect(socket.closed).toEqual({ code: 1000, reason: 'call over' });
  });
});
