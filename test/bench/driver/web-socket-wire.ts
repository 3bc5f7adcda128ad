import { createHash, randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * RFC 6455 on bare TCP sockets, as little of it as the bench needs. The driver plays every phone and every model session
 * of a run on one core, so its frames are patched in place and never pass a library.
 */

const OPCODE_CONTINUATION = 0x0;
const OPCODE_TEXT = 0x1;
const OPCODE_CLOSE = 0x8;
const OPCODE_PING = 0x9;
const OPCODE_PONG = 0xa;
const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HEADER_END = '\r\n\r\n';
/** Close code: a client's frame was not masked, or a server's was. RFC 6455, section 5.1. */
export const PROTOCOL_ERROR = 1002;

/** Where a text message lies: valid until the handler returns. */
export interface MessageHandler {
  onText(bytes: Buffer, start: number, end: number): void;
  /** The close code, 1006 when the socket only went away. */
  onClose(code: number): void;
}

/** One end of a WebSocket; the end that dialled masks what it sends. */
export class WireSocket {
  private rest: Buffer | null = null;
  private fragments: Buffer[] | null = null;
  private closeCode = 1006;
  private isClosed = false;

  constructor(
    private readonly socket: Socket,
    private readonly isClient: boolean,
    private readonly handler: MessageHandler,
    head: Buffer,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.closed());
    if (head.length > 0) this.read(head);
  }

  get isOpen(): boolean {
    return !this.isClosed && !this.socket.destroyed;
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  sendText(text: string): void {
    const payload = Buffer.from(text, 'utf8');
    const frame = frameFor(payload.length, this.isClient ? randomBytes(MASK_BYTES) : null);
    payload.copy(frame.bytes, frame.payloadAt);
    applyMask(frame);
    this.write(frame.bytes);
  }

  /**
   * Writes a whole frame. True when the kernel has taken all of it, so that the caller may change the bytes again; false
   * when they must be left alone.
   */
  write(frame: Buffer): boolean {
    if (!this.isOpen) return true;
    this.socket.write(frame);
    return this.socket.writableLength === 0;
  }

  /** Reads nothing more. */
  pause(): void {
    this.socket.pause();
  }

  close(code: number): void {
    if (!this.isOpen) return;
    const frame = frameFor(2, this.isClient ? randomBytes(MASK_BYTES) : null, OPCODE_CLOSE);
    frame.bytes.writeUInt16BE(code, frame.payloadAt);
    applyMask(frame);
    this.socket.end(frame.bytes);
  }

  /** Gone without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    let bytes = chunk;
    if (this.rest !== null) {
      bytes = Buffer.concat([this.rest, chunk]);
      this.rest = null;
    }
    let at = 0;
    while (at < bytes.length) {
      const next = this.readFrame(bytes, at);
      if (next < 0) {
        this.rest = bytes.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** Answers where the next frame begins; -1 when this one is not all there. */
  private readFrame(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return -1;
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    let payloadAt = at + 2;
    let length = second & 0x7f;
    if (length === LENGTH_16) {
      if (bytes.length - at < 4) return -1;
      length = bytes.readUInt16BE(at + 2);
      payloadAt = at + 4;
    } else if (length === LENGTH_64) {
      if (bytes.length - at < 10) return -1;
      length = Number(bytes.readBigUInt64BE(at + 2));
      payloadAt = at + 10;
    }
    const isMasked = (second & MASKED) !== 0;
    // Whoever lays frames out by hand may get it wrong, and a server that reads them all the same would hide it.
    if (isMasked === this.isClient) {
      this.closeCode = PROTOCOL_ERROR;
      this.socket.destroy();
      return -1;
    }
    const maskAt = payloadAt;
    if (isMasked) payloadAt += MASK_BYTES;
    const end = payloadAt + length;
    if (bytes.length < end) return -1;
    if (isMasked) unmask(bytes, maskAt, payloadAt, end);
    this.dispatch(first & 0x0f, (first & FIN) !== 0, bytes, payloadAt, end);
    return end;
  }

  private dispatch(opcode: number, isFinal: boolean, bytes: Buffer, start: number, end: number): void {
    switch (opcode) {
      case OPCODE_TEXT:
        if (isFinal) this.handler.onText(bytes, start, end);
        else this.fragments = [Buffer.from(bytes.subarray(start, end))];
        return;
      case OPCODE_CONTINUATION: {
        if (this.fragments === null) return;
        this.fragments.push(Buffer.from(bytes.subarray(start, end)));
        if (!isFinal) return;
        const whole = Buffer.concat(this.fragments);
        this.fragments = null;
        this.handler.onText(whole, 0, whole.length);
        return;
      }
      case OPCODE_PING:
        this.pong(bytes.subarray(start, end));
        return;
      case OPCODE_CLOSE:
        this.closeCode = end - start >= 2 ? bytes.readUInt16BE(start) : 1005;
        this.socket.end();
        return;
      default:
    }
  }

  private pong(payload: Buffer): void {
    const frame = frameFor(payload.length, this.isClient ? randomBytes(MASK_BYTES) : null, OPCODE_PONG);
    payload.copy(frame.bytes, frame.payloadAt);
    applyMask(frame);
    this.write(frame.bytes);
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handler.onClose(this.closeCode);
  }
}

/** A frame with room for its payload. */
export interface Frame {
  bytes: Buffer;
  payloadAt: number;
  mask: Buffer | null;
}

/** The header of a frame, with the payload still to be filled in and masked. */
export function frameFor(payloadLength: number, mask: Buffer | null, opcode = OPCODE_TEXT): Frame {
  const lengthBytes = payloadLength < LENGTH_16 ? 0 : payloadLength < 65_536 ? 2 : 8;
  const payloadAt = 2 + lengthBytes + (mask === null ? 0 : MASK_BYTES);
  const bytes = Buffer.alloc(payloadAt + payloadLength);
  const maskedBit = mask === null ? 0 : MASKED;
  bytes[0] = FIN | opcode;
  if (lengthBytes === 0) bytes[1] = maskedBit | payloadLength;
  else if (lengthBytes === 2) {
    bytes[1] = maskedBit | LENGTH_16;
    bytes.writeUInt16BE(payloadLength, 2);
  } else {
    bytes[1] = maskedBit | LENGTH_64;
    bytes.writeBigUInt64BE(BigInt(payloadLength), 2);
  }
  mask?.copy(bytes, payloadAt - MASK_BYTES);
  return { bytes, payloadAt, mask };
}

export function applyMask({ bytes, payloadAt, mask }: Frame): void {
  if (mask === null) return;
  for (let i = payloadAt; i < bytes.length; i++) {
    bytes[i] = (bytes[i] as number) ^ (mask[(i - payloadAt) & 3] as number);
  }
}

function unmask(bytes: Buffer, maskAt: number, start: number, end: number): void {
  const m0 = bytes[maskAt] as number;
  const m1 = bytes[maskAt + 1] as number;
  const m2 = bytes[maskAt + 2] as number;
  const m3 = bytes[maskAt + 3] as number;
  let i = start;
  for (; i + 3 < end; i += 4) {
    bytes[i] = (bytes[i] as number) ^ m0;
    bytes[i + 1] = (bytes[i + 1] as number) ^ m1;
    bytes[i + 2] = (bytes[i + 2] as number) ^ m2;
    bytes[i + 3] = (bytes[i + 3] as number) ^ m3;
  }
  for (let k = 0; i < end; i++, k++) bytes[i] = (bytes[i] as number) ^ (bytes[maskAt + k] as number);
}

export interface Dialling {
  host: string;
  port: number;
  /** Path with query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
}

/** The handshake was answered with something else than 101. */
export class HandshakeRefused extends Error {
  constructor(readonly status: string) {
    super(`The WebSocket handshake was answered with: ${status}`);
  }
}

/** Opens a WebSocket as a client. @throws HandshakeRefused */
export async function dial({ host, port, path, headers = {} }: Dialling, handler: MessageHandler): Promise<WireSocket> {
  const socket = connect({ host, port, noDelay: true });
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(lines.join('\r\n') + HEADER_END);
  const { text, head } = await readHeader(socket);
  const status = text.slice(0, text.indexOf('\r\n'));
  if (!status.startsWith('HTTP/1.1 101')) {
    socket.destroy();
    throw new HandshakeRefused(status);
  }
  return new WireSocket(socket, true, handler, head);
}

/** Accepts WebSockets: `accept` is told the path (and query) of the request, and replies with its handler. */
export async function listen(
  accept: (path: string, reply: (handler: MessageHandler) => WireSocket) => void,
): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    readHeader(socket).then(
      ({ text, head }) => {
        const key = /^sec-websocket-key:\s*(\S+)/im.exec(text)?.[1] ?? '';
        const accepted = createHash('sha1')
          .update(key + ACCEPT_GUID)
          .digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}${HEADER_END}`,
        );
        accept(text.split(' ', 2)[1] ?? '/', (handler) => new WireSocket(socket, false, handler, head));
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, server };
}

/** Reads an HTTP header, and what came behind it. */
async function readHeader(socket: Socket): Promise<{ text: string; head: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf(HEADER_END);
      if (end < 0) return;
      stop();
      resolve({ text: bytes.toString('latin1', 0, end + 2), head: bytes.subarray(end + HEADER_END.length) });
    };
    const onEnd = (): void => {
      stop();
      reject(new Error('The connection ended before its handshake did.'));
    };
    const stop = (): void => {
      socket.off('data', onData).off('close', onEnd).off('error', onEnd);
    };
    socket.on('data', onData).on('close', onEnd).on('error', onEnd);
  });
}
