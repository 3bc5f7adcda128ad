import { LookupAddress, promises as dns } from 'node:dns';
import { IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address';
import type { SignedHeaders } from './signature';
import { PRIVATE_TARGET } from './webhooks.errors';

const USER_AGENT = 'Speech-Assistant-Webhooks/1.0';

/** For everything: the name, the connection, the answer. */
const TIMEOUT_MS = 15_000;
/** Of the answer, for the log; the rest is not read. */
const MOST_KEPT_BYTES = 2048;

/** A name server that does not answer is asked twice; within the time that there is. */
const NAME_TIMEOUT_MS = 3000;
const NAME_TRIES = 2;

export interface SendAnswer {
  /** Null: none came. */
  status: number | null;
  body: string | null;
  /** Why it was not received, in a sentence; null: it was. */
  error: string | null;
  durationMs: number;
}

export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/**
 * Sends to where users say, which may be anywhere: what the name means is looked at as the connection is made, so that nothing
 * comes of a name that means something else the second time. Redirects are not followed.
 */
export class WebhookSender {
  /** @param resolve the addresses of a name */
  constructor(
    private readonly allowsPrivateTargets: boolean,
    private readonly resolve: Resolve = resolveByNameServers,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /** Never throws. */
  async send(url: string, headers: SignedHeaders, body: string): Promise<SendAnswer> {
    const begunAt = performance.now();
    const signal = AbortSignal.timeout(this.timeoutMs);
    const answer = await this.post(url, headers, body, signal).then(
      ({ status, body: kept }) => ({ status, body: kept, error: statusSentence(status) }),
      (error: unknown) => ({
        status: null,
        body: null,
        error: signal.aborted ? `It did not answer within ${this.timeoutMs / 1000} seconds.` : failureSentence(error),
      }),
    );
    return { ...answer, durationMs: Math.round(performance.now() - begunAt) };
  }

  private async post(url: string, headers: SignedHeaders, body: string, signal: AbortSignal): Promise<KeptAnswer> {
    const target = new URL(url);
    // An address in place of a name is not looked up.
    if (!this.allowsPrivateTargets && isPrivateHost(target.hostname)) throw new NotPublic();
    const request = target.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const sent = request(target, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': USER_AGENT,
          ...headers,
        },
        // A connection of its own, which was looked at.
        agent: false,
        lookup: this.lookup,
        signal,
      });
      let isAnswered = false;
      sent.on('error', (error) => {
        if (!isAnswered) reject(error);
      });
      sent.on('response', (response) => {
        isAnswered = true;
        keepSome(response, (kept) => {
          resolve({ status: response.statusCode ?? 0, body: kept });
          sent.destroy();
        });
      });
      // Of a protocol that nobody asked for no response is told.
      sent.on('upgrade', (response, socket) => {
        resolve({ status: response.statusCode ?? 0, body: '' });
        socket.destroy();
      });
      // However the connection ends, and whatever Node makes of it: nothing waits here for ever.
      sent.on('close', () => {
        if (!isAnswered) reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
      });
      sent.end(body);
    });
  }

  private readonly lookup: LookupFunction = (hostname, options, answer) => {
    this.resolve(hostname)
      .then((all) => {
        const allowed = this.allowsPrivateTargets ? all : all.filter(({ address }) => isPublicAddress(address));
        const [first] = allowed;
        if (first === undefined) throw new NotPublic();
        if (options.all === true) answer(null, allowed);
        else answer(null, first.address, first.family);
      })
      .catch((error: unknown) => answer(error as Error, '', 0));
  };
}

/** Whether a host, as it stands in a URL, can be told to be private without asking anybody. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? isLocalName(host) : !isPublicAddress(host);
}

/** Such names never leave the machine: RFC 6761. */
function isLocalName(hostname: string): boolean {
  return /(^|\.)localhost\.?$/i.test(hostname);
}

interface KeptAnswer {
  status: number;
  body: string;
}

/** The target is in a private network. */
class NotPublic extends Error {}

/**
 * Asks the name servers by itself: what the system asks (getaddrinfo) takes one of few threads for as long as it waits, and
 * whoever owns a slow name server would make everybody wait who opens a file or a connection.
 */
async function resolveByNameServers(hostname: string): Promise<LookupAddress[]> {
  if (isLocalName(hostname)) return [{ address: '127.0.0.1', family: 4 }];
  const resolver = new dns.Resolver({ timeout: NAME_TIMEOUT_MS, tries: NAME_TRIES });
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const all = [
    ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (all.length === 0 && v4.status === 'rejected') throw v4.reason;
  return all;
}

/** The beginning of an answer, as far as it came. */
function keepSome(response: IncomingMessage, done: (kept: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = () => done(Buffer.concat(chunks).subarray(0, MOST_KEPT_BYTES).toString('utf8'));
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MOST_KEPT_BYTES) finish();
  });
  // Whatever breaks off behind the head: the head has said what became of it.
  for (const end of ['end', 'error', 'close']) response.on(end, finish);
}

export const isReceived = (status: number): boolean => status >= 200 && status < 300;

function statusSentence(status: number): string | null {
  if (isReceived(status)) return null;
  if (status >= 300 && status < 400) {
    return `It answered with a redirect (${status}), which is not followed. Enter the address that it leads to.`;
  }
  if (status === 410) return 'It answered that it is gone (410).';
  return `It answered with status ${status}.`;
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'There is no host of this name.',
  ENODATA: 'There is no host of this name.',
  ECONNREFUSED: 'Nothing listens at this address.',
  ECONNRESET: 'It closed the connection before it had answered.',
  EHOSTUNREACH: 'This address cannot be reached.',
  ENETUNREACH: 'This address cannot be reached.',
};

function failureSentence(error: unknown): string {
  if (error instanceof NotPublic) return PRIVATE_TARGET;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') return 'It could not be reached.';
  if (/CERT|ALTNAME|SIGNATURE/.test(code)) return `Its certificate is not good (${code}).`;
  if (code.startsWith('HPE_')) return `What it answered is no HTTP (${code}).`;
  return SENTENCES[code] ?? `It could not be reached (${code}).`;
}
