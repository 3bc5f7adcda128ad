import type { Duplex } from 'node:stream';
import { WebSocket, type RawData } from 'ws';
import { FRAME_BYTES, FRAME_MS, SILENCE_BYTE } from '../../media/g711';
import type { FaultBox, FaultSite, Strike } from '../faults';
import type { LineTap } from '../phone/phone-line';
import { newSid } from './sids';
import {
  BINARY_MESSAGE,
  DEFAULT_UNREAD_MS,
  FLOOD_BATCH,
  FLOOD_MESSAGES,
  MALFORMED_MESSAGE,
  OVERSIZED_PAYLOAD,
  fragmentsOf,
  takeStreamFault,
  type StreamFault,
} from './stream-faults';
import { signRequest } from './signature';
import { parseStreamMessage } from './stream-messages';
import { StreamPlayback } from './stream-playback';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** One message may carry a whole answer of the model: 4 MiB of base64 are more than six minutes. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** A server that does not read loses frames, as on a congested network; 50 frames a second are about 18 kB. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** How long the server may take to answer our close before the socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2000;

const SILENCE_PAYLOAD = Buffer.alloc(FRAME_BYTES, SILENCE_BYTE).toString('base64');

export interface MediaStreamSettings {
  /** As it stands in the TwiML: this is what the handshake is signed over. */
  url: string;
  parameters: Record<string, string>;
  accountSid: string;
  authToken: string;
  callSid: string;
  /** The phone of the other party. */
  number: string;
  faults: FaultBox;
}

/** How a stream came to its end. */
export type StreamEnd =
  | { by: 'handshake'; reason: string }
  /** The platform's server closed it. */
  | { by: 'server'; closeCode: number }
  /** The server sent something that is no stream message. */
  | { by: 'protocol'; reason: string }
  /** The fault `cut_media`. */
  | { by: 'fault' }
  /** The call ended or was redirected. */
  | { by: 'call' };

/** What `GET /sandbox/calls/{sid}` tells about the stream. */
export interface StreamView {
  url: string;
  stream_sid: string;
  handshake_status: number | null;
  close_code: number | null;
}

export interface StreamCounts {
  framesIn: number;
  framesOut: number;
  marks: number;
  clears: number;
  framesDropped: number;
}

/** A bidirectional media stream of one call, from Twilio's side (reference/twilio.md section 6). */
export class MediaStream implements LineTap {
  readonly streamSid = newSid('MZ');
  readonly view: StreamView;
  readonly counts: StreamCounts = { framesIn: 0, framesOut: 0, marks: 0, clears: 0, framesDropped: 0 };
  /** Resolves with true when the server has accepted the handshake. */
  readonly opened: Promise<boolean>;
  readonly ended: Promise<StreamEnd>;

  private readonly socket: WebSocket;
  private readonly playback = new StreamPlayback((name) => {
    this.send('mark', `"mark":{"name":${JSON.stringify(name)}}`);
  });
  private readonly site: FaultSite;
  /** The TCP socket below the WebSocket, once the handshake is through. */
  private network: Duplex | undefined;
  private sequenceNumber = 0;
  private chunk = 0;
  /** Frames of this line since the stream began: its clock. */
  private frame = 0;
  /** Lost to standstills: the provider's timestamps follow real time, so a hole can be seen in them. */
  private skippedFrames = 0;
  /** Fault `half_open`: nothing is said, nothing is heard, and the socket stays open. */
  private isHalfOpen = false;
  /** Fault `slow_reader`: the frame at which reading begins again. */
  private readsFromFrame: number | undefined;
  private end: StreamEnd | undefined;
  private settleEnded: (end: StreamEnd) => void = () => undefined;

  constructor(private readonly settings: MediaStreamSettings) {
    this.site = { callSid: settings.callSid, number: settings.number };
    this.view = { url: settings.url, stream_sid: this.streamSid, handshake_status: null, close_code: null };
    this.ended = new Promise((resolve) => (this.settleEnded = resolve));
    this.socket = new WebSocket(settings.url, {
      headers: {
        'x-twilio-signature': signRequest(settings.authToken, settings.url),
        'user-agent': 'Twilio.TmeWs/1.0',
      },
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
    });
    this.opened = this.listen();
  }

  /** The stream's share of 20 ms: what the phone says goes out, silence included. */
  hear(frame: Buffer | undefined): void {
    if (this.end) return;
    if (this.frame === this.readsFromFrame && this.socket.isPaused) this.socket.resume();
    const due = takeStreamFault(this.settings.faults, this.site, this.elapsedMs);
    const isFragmented = due?.fault === 'fragmented';
    if (due) this.misbehave(due.fault, due.strike);
    if (this.isOver()) return;
    const member = this.mediaMember(frame ? frame.toString('base64') : SILENCE_PAYLOAD);
    this.frame += 1;
    if (this.isHalfOpen || this.socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.counts.framesDropped += 1;
      return;
    }
    this.counts.framesOut += 1;
    this.send('media', member, isFragmented);
  }

  nextFrame(): Uint8Array | undefined {
    return this.end ? undefined : this.playback.nextFrame();
  }

  skip(frames: number): void {
    // Before its first frame a stream has no clock that could jump.
    if (this.frame > 0) this.skippedFrames += frames;
  }

  digit(digit: string): void {
    this.send('dtmf', `"dtmf":{"track":"inbound_track","digit":"${digit}"}`);
  }

  /** The call is over or goes on elsewhere: `stop`, then a normal close. */
  stop(): void {
    if (this.end) return;
    const { accountSid, callSid } = this.settings;
    this.send('stop', `"stop":${JSON.stringify({ accountSid, callSid })}`);
    this.finish({ by: 'call' });
  }

  private mediaMember(payload: string): string {
    this.chunk += 1;
    return `"media":{"track":"inbound","chunk":"${this.chunk}","timestamp":"${this.elapsedMs}","payload":"${payload}"}`;
  }

  /** A fault may have ended the stream in the meantime. */
  private isOver(): boolean {
    return this.end !== undefined;
  }

  private get elapsedMs(): number {
    return (this.frame + this.skippedFrames) * FRAME_MS;
  }

  private listen(): Promise<boolean> {
    return new Promise((resolve) => {
      this.socket.on('upgrade', (response) => {
        this.view.handshake_status = response.statusCode ?? null;
        this.network = response.socket;
      });
      this.socket.on('unexpected-response', (_request, response) => {
        this.view.handshake_status = response.statusCode ?? null;
        response.resume();
        this.finish({ by: 'handshake', reason: `The server answered the handshake with ${response.statusCode}.` });
        resolve(false);
      });
      this.socket.on('error', (error) => {
        if (this.socket.readyState === WebSocket.CONNECTING || this.view.handshake_status === null) {
          this.finish({ by: 'handshake', reason: `The server could not be reached: ${error.message}` });
        } else {
          this.finish({ by: 'protocol', reason: `The server broke the WebSocket protocol: ${error.message}` });
        }
        resolve(false);
      });
      this.socket.on('open', () => {
        this.start();
        resolve(true);
      });
      this.socket.on('message', (raw: RawData, isBinary: boolean) => {
        this.receive(raw, isBinary);
      });
      this.socket.on('close', (code) => {
        this.view.close_code = code;
        this.finish({ by: 'server', closeCode: code });
        resolve(false);
      });
    });
  }

  private start(): void {
    const { accountSid, callSid, parameters } = this.settings;
    this.write('{"event":"connected","protocol":"Call","version":"1.0.0"}');
    const start = {
      accountSid,
      streamSid: this.streamSid,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: parameters,
    };
    this.send('start', `"start":${JSON.stringify(start)}`);
  }

  private receive(raw: RawData, isBinary: boolean): void {
    if (this.end) return;
    const parsed = isBinary
      ? { problem: 'A binary message: only JSON text is understood.' }
      : parseStreamMessage((raw as Buffer).toString('utf8'), this.streamSid);
    if ('problem' in parsed) {
      this.finish({ by: 'protocol', reason: parsed.problem });
      return;
    }
    switch (parsed.event) {
      case 'media':
        this.counts.framesIn += 1;
        if (!this.playback.addAudio(parsed.audio)) {
          this.finish({ by: 'protocol', reason: 'More than twenty minutes of audio are waiting to be played.' });
        }
        return;
      case 'mark':
        this.counts.marks += 1;
        if (!this.settings.faults.take('twilio', 'lose_marks', this.site)) this.playback.addMark(parsed.name);
        return;
      case 'clear':
        this.counts.clears += 1;
        this.playback.clear();
    }
  }

  private misbehave(fault: StreamFault, { afterMs }: Strike): void {
    switch (fault) {
      case 'cut_media':
        this.finish({ by: 'fault' });
        return;
      case 'half_open':
        this.isHalfOpen = true;
        // What comes is thrown away below the WebSocket, so that no ping and no close is answered.
        this.network?.removeAllListeners('data');
        this.network?.resume();
        return;
      case 'slow_reader':
        this.readsFromFrame = this.frame + Math.max(1, Math.round((afterMs ?? DEFAULT_UNREAD_MS) / FRAME_MS));
        this.socket.pause();
        return;
      case 'flood':
        this.flood(FLOOD_MESSAGES);
        return;
      case 'oversized':
        this.send('media', this.mediaMember(OVERSIZED_PAYLOAD));
        return;
      case 'binary':
        if (this.canWrite) this.socket.send(BINARY_MESSAGE);
        return;
      case 'malformed':
        this.write(MALFORMED_MESSAGE);
        return;
      case 'fragmented':
        // The frame of this moment goes out in pieces.
        return;
    }
  }

  /** Well-formed messages of silence as fast as the socket takes them, until it is closed. */
  private flood(messages: number): void {
    for (let left = Math.min(messages, FLOOD_BATCH); left > 0; left--) {
      this.send('media', this.mediaMember(SILENCE_PAYLOAD));
    }
    if (messages <= FLOOD_BATCH) return;
    setImmediate(() => {
      if (!this.isOver()) this.flood(messages - FLOOD_BATCH);
    });
  }

  private send(event: string, member: string, isFragmented = false): void {
    this.sequenceNumber += 1;
    const text = `{"event":"${event}","sequenceNumber":"${this.sequenceNumber}","streamSid":"${this.streamSid}",${member}}`;
    if (!isFragmented) this.write(text);
    else if (this.canWrite) {
      const parts = fragmentsOf(text);
      parts.forEach((part, index) => {
        this.socket.send(part, { fin: index === parts.length - 1 });
      });
    }
  }

  private get canWrite(): boolean {
    return this.socket.readyState === WebSocket.OPEN && !this.isHalfOpen;
  }

  private write(text: string): void {
    if (this.canWrite) this.socket.send(text);
  }

  private finish(end: StreamEnd): void {
    if (this.end) return;
    this.end = end;
    if (end.by === 'fault' || this.isHalfOpen) {
      this.socket.terminate();
    } else if (end.by !== 'server') {
      // A slow reader that is not reading yet would not see the server's close.
      if (this.socket.isPaused) this.socket.resume();
      this.socket.close(1000);
      const impatience = setTimeout(() => {
        this.socket.terminate();
      }, CLOSE_TIMEOUT_MS);
      impatience.unref();
      this.socket.once('close', () => {
        clearTimeout(impatience);
      });
    }
    this.settleEnded(end);
  }
}
