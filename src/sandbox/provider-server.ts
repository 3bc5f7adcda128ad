import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerControls } from './control/control-api';
import { isFromThisMachine } from './control/loopback-only';
import { FaultBox, type ArmedFault } from './faults';
import { FrameTicker } from './frame-ticker';
import { createGoogle, registerGoogle } from './google/google';
import { MailService } from './mail/mail-api';
import { createLog, type SandboxLog } from './log';
import type { SandboxOptions } from './options';
import type { Voices } from './phone/voices';
import { RequestCount } from './request-count';
import { ObjectStore } from './storage/s3-api';
import { Carrier } from './twilio/carrier';
import { VoiceIntelligence } from './twilio/intelligence/voice-intelligence';
import { Messages } from './twilio/messages/messages';
import { registerTwilioApi } from './twilio/rest-api';
import { Webhooks } from './twilio/webhooks';
import { WallClock } from './wall-clock';

/** Only this machine may reach the sandbox. */
const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** The id of a calendar event may have 1,024 characters, and that of an occurrence of it a few more. */
const MAX_PARAM_CHARACTERS = 1100;

/** The part of the sandbox that speaks OpenAI's protocols. */
export interface OpenAiPart {
  registerRest(app: FastifyInstance): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  sessions(): unknown;
  audioRequests(): unknown;
  /** Lets a fault strike the open connections that it is meant for; says how many. */
  strikeOpen(fault: ArmedFault): number;
  /** Cuts every open connection at once; says how many. */
  cutAll(): number;
  close(): Promise<void>;
}

/** Speech and model: what a spec replaces by something smaller. */
export interface SandboxParts {
  voices: Voices & { close(): Promise<void> };
  createOpenAi(faults: FaultBox, log: SandboxLog): OpenAiPart;
}

export interface RunningSandbox {
  port: number;
  baseUrl: string;
  close(): Promise<void>;
}

/**
 * Serves the providers' protocols and the controls on one loopback port.
 * @throws Error with a sentence when the port cannot be had
 */
export async function serveProviders(options: SandboxOptions, parts: SandboxParts): Promise<RunningSandbox> {
  const { accountSid, authToken, phoneNumbers, ringMs, noAnswerMs, transcriptMs } = options;
  const log = createLog(options.log);
  const clock = new WallClock();
  const faults = new FaultBox();
  const ticker = new FrameTicker((error) => {
    log('call.trouble', { error: String(error) });
  });
  const webhooks = new Webhooks(authToken, faults, log);
  const carrier = new Carrier(
    {
      carrier: { accountSid, authToken, ringMs, noAnswerMs },
      voices: parts.voices,
      clock,
      ticker,
      webhooks,
      faults,
      log,
    },
    phoneNumbers,
    options.callsPerSecond,
  );
  const intelligence = new VoiceIntelligence(
    { carrier, recogniser: parts.voices.recogniser, clock, webhooks, faults, log, accountSid, transcriptMs },
    options.voiceIntelligenceSid,
  );
  carrier.whenRecorded((recording) => {
    intelligence.autoTranscribe(recording);
  });
  const messages = new Messages({
    accountSid,
    numbers: carrier.numbers,
    clock,
    webhooks,
    faults,
    log,
    stepMs: options.smsMs,
    knowsKeywords: options.smsKeywords,
  });
  const openAi = parts.createOpenAi(faults, log);
  faults.whenArmed((fault) => openAi.strikeOpen(fault));
  const requests = new RequestCount();
  let baseUrl = '';
  const google = createGoogle({
    clientId: options.googleClientId,
    clientSecret: options.googleClientSecret,
    clock,
    faults,
    log,
    baseUrl: () => baseUrl,
  });

  const store = new ObjectStore({ ...options.store, faults });
  const mail = new MailService({ apiKey: options.resendApiKey, faults, clock });

  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PARAM_CHARACTERS },
  });
  app.addHook('onRequest', (request, reply, next) => {
    if (!isFromThisMachine(request.headers)) {
      reply.status(403).send({ detail: 'The sandbox only answers to this machine.' });
      return;
    }
    requests.note(request.method, request.url);
    next();
  });
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ detail: `The sandbox has nothing at ${request.url.split('?')[0]}.` }),
  );
  registerControls(app, {
    carrier,
    intelligence,
    messages,
    clock,
    faults,
    requests,
    ticker,
    google,
    mail,
    store,
    phoneNumbers,
    openAiSessions: () => openAi.sessions(),
    openAiAudioRequests: () => openAi.audioRequests(),
    cutOpenAiSessions: () => openAi.cutAll(),
    baseUrl: () => baseUrl,
  });
  registerGoogle(app, google);
  mail.register(app);
  store.register(app);
  registerTwilioApi(app, { carrier, intelligence, messages, accountSid, authToken, clock, faults, log });
  app.register((scope, _options, done) => {
    openAi.registerRest(scope);
    done();
  });
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {
      socket.destroy();
    });
    const path = (request.url ?? '').split('?')[0];
    if (!isFromThisMachine(request.headers)) refuseUpgrade(socket, '403 Forbidden');
    else if (path === '/v1/realtime') openAi.handleUpgrade(request, socket, head);
    else refuseUpgrade(socket, '404 Not Found');
  });

  try {
    await app.listen({ host: HOST, port: options.port });
  } catch (error) {
    await parts.voices.close();
    throw new Error(whyNotListening(error, options.port), { cause: error });
  }
  const { port } = app.server.address() as AddressInfo;
  baseUrl = `http://${HOST}:${port}`;
  log('sandbox.listening', { port });

  return {
    port,
    baseUrl,
    close: async () => {
      carrier.close();
      intelligence.close();
      messages.close();
      webhooks.close();
      google.channels.close();
      await openAi.close();
      await app.close();
      await parts.voices.close();
    },
  };
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function whyNotListening(error: unknown, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'EADDRINUSE') return `The sandbox cannot listen on port ${port}: ${message}`;
  return `The sandbox cannot start: port ${port} is taken. Set SANDBOX_PORT to another one, or stop what listens there.`;
}
