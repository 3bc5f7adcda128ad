import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ANSWERED_BY, FAULTS_BY_PROVIDER, type FaultBox } from '../faults';
import type { FrameTicker } from '../frame-ticker';
import type { GoogleContext } from '../google/google-context';
import { registerGoogleControls } from '../google/google-controls';
import type { MailService } from '../mail/mail-api';
import type { ObjectStore } from '../storage/s3-api';
import { MAGIC_NUMBERS } from '../phone/directory';
import type { RequestCount } from '../request-count';
import type { Carrier } from '../twilio/carrier';
import type { CarrierCall } from '../twilio/carrier-call';
import type { VoiceIntelligence } from '../twilio/intelligence/voice-intelligence';
import type { Messages } from '../twilio/messages/messages';
import { parsePhoneNumber } from '../twilio/phone-number';
import { wavFile } from '../twilio/wav';
import type { WallClock } from '../wall-clock';
import { callSummary, callView } from './call-view';
import { Refused, answerError, read } from './refusals';
import { registerTranscriptControls } from './transcript-controls';

export interface ControlSettings {
  carrier: Carrier;
  intelligence: VoiceIntelligence;
  messages: Messages;
  clock: WallClock;
  faults: FaultBox;
  requests: RequestCount;
  ticker: FrameTicker;
  google: GoogleContext;
  mail: MailService;
  store: ObjectStore;
  phoneNumbers: readonly string[];
  openAiSessions: () => unknown;
  openAiAudioRequests: () => unknown;
  /** Says how many connections it cut. */
  cutOpenAiSessions: () => number;
  baseUrl: () => string;
}

const phoneNumber = z.string().transform((written, context) => {
  const e164 = parsePhoneNumber(written);
  if (e164 === undefined) context.addIssue({ code: 'custom', message: `"${written}" is not a phone number.` });
  return e164 ?? '';
});
const line = z.string().trim().min(1, 'must not be empty').max(1000, 'must not be longer than 1,000 characters');
const keys = z.string().regex(/^[0-9*#A-D]{1,64}$/, 'must be 1 to 64 keys of a phone: 0-9, *, # and A-D');

const inboundCall = z.strictObject({
  from: phoneNumber,
  to: phoneNumber,
  says: z.array(line).max(100).optional(),
  digits: keys.optional(),
});
const faultOrder = z.strictObject({
  provider: z.string(),
  fault: z.string(),
  count: z.number().int().min(1).max(10_000).optional(),
  share: z.number().gt(0).max(1).optional(),
  after_ms: z.number().int().min(0).max(3_600_000).optional(),
  call_sid: z
    .string()
    .regex(/^CA[0-9a-f]{32}$/, 'must be "CA" and 32 hexadecimal digits')
    .optional(),
  number: phoneNumber.optional(),
  session: z.string().min(1, 'must not be empty').max(100, 'must not be longer than 100 characters').optional(),
  match: line.optional(),
  email: line.optional(),
  result: z.enum(ANSWERED_BY, `must be one of: ${ANSWERED_BY.join(', ')}`).optional(),
});
const inboundText = z.strictObject({
  from: phoneNumber,
  to: phoneNumber,
  body: z.string().max(1600, 'must not be longer than 1,600 characters'),
});
const saysBody = z.strictObject({ text: line });
const digitsBody = z.strictObject({ digits: keys });
const A_DAY_AT_MOST = 'must be from -86,400 to 86,400: a day at most';
const clockBody = z.strictObject({ ahead_seconds: z.number().min(-86_400, A_DAY_AT_MOST).max(86_400, A_DAY_AT_MOST) });
const requestsQuery = z.strictObject({ path: z.string().startsWith('/', 'must begin with /').default('/') });
const audioQuery = z.object({ channel: z.enum(['both', 'phone', 'platform', '1', '2']).default('both') });

type CallRequest = FastifyRequest<{ Params: { callSid: string } }>;

/** The sandbox's own controls below /sandbox (product.md section 9). */
export function registerControls(app: FastifyInstance, settings: ControlSettings): void {
  const { carrier, messages, clock, faults, requests } = settings;
  app.register(
    (scope, _options, done) => {
      scope.setErrorHandler((error, _request, reply) => answerError(error, reply));

      scope.get('/', (_request, reply) => reply.send(describe(settings)));

      scope.post('/inbound-calls', (request, reply) => {
        const order = read(inboundCall, request.body);
        const call = carrier.receiveCall(order);
        if (!call) throw notOurs(order.to);
        return reply.status(201).send({ call_sid: call.sid });
      });
      scope.get('/calls', (_request, reply) => reply.send(carrier.list().map(callSummary)));
      scope.get('/calls/:callSid', (request: CallRequest, reply) => reply.send(callView(requireCall(request))));
      scope.get('/calls/:callSid/audio.wav', (request: CallRequest, reply) => {
        const { channel } = read(audioQuery, request.query);
        const { party, platform } = requireCall(request).tape.read();
        const channels =
          channel === 'both' ? [party, platform] : [channel === 'phone' || channel === '1' ? party : platform];
        return reply.type('audio/wav').send(wavFile(channels));
      });

      scope.post('/calls/:callSid/says', (request: CallRequest, reply) => {
        const { text } = read(saysBody, request.body);
        requireLive(request).party?.say(text);
        return reply.send({ ok: true });
      });
      scope.post('/calls/:callSid/digits', (request: CallRequest, reply) => {
        const { digits } = read(digitsBody, request.body);
        requireLive(request).party?.press(digits);
        return reply.send({ ok: true });
      });
      scope.post('/calls/:callSid/hangup', (request: CallRequest, reply) => {
        const call = requireCall(request);
        call.hangUpByPerson();
        return reply.send(callSummary(call));
      });

      scope.post('/sms', (request, reply) => {
        const text = read(inboundText, request.body);
        const message = messages.receive(text);
        if (!message) throw notOurs(text.to);
        return reply.status(201).send({ message_sid: message.sid });
      });
      scope.get('/sms', (_request, reply) => reply.send(messages.list().map((message) => message.view())));

      registerTranscriptControls(scope, settings);
      registerGoogleControls(scope, settings.google);

      scope.get('/storage', (_request, reply) => reply.send(settings.store.list()));
      scope.get('/mail', (_request, reply) => reply.send(settings.mail.list()));
      scope.delete('/mail', (_request, reply) => {
        settings.mail.clear();
        return reply.status(204).send();
      });

      scope.get('/clock', (_request, reply) => reply.send(clockView(clock)));
      scope.post('/clock', (request, reply) => {
        clock.aheadMs = Math.round(read(clockBody, request.body, 400).ahead_seconds * 1000);
        return reply.send(clockView(clock));
      });

      scope.get('/requests', (request, reply) => {
        return reply.send(requests.below(read(requestsQuery, request.query).path));
      });
      scope.delete('/requests', (_request, reply) => {
        requests.clear();
        return reply.status(204).send();
      });

      scope.get('/openai/sessions', (_request, reply) => reply.send(settings.openAiSessions()));

      scope.get('/openai/audio', (_request, reply) => reply.send(settings.openAiAudioRequests()));

      scope.delete('/openai/sessions', (_request, reply) => reply.send({ cut: settings.cutOpenAiSessions() }));

      scope.get('/faults', (_request, reply) => reply.send(faults.list()));
      scope.post('/faults', (request, reply) => {
        return reply.status(201).send(faults.arm(read(faultOrder, request.body)));
      });
      scope.delete('/faults', (_request, reply) => {
        faults.clear();
        return reply.status(204).send();
      });
      done();
    },
    { prefix: '/sandbox' },
  );

  function notOurs(e164: string): Refused {
    return new Refused(400, `${e164} is not one of the platform's numbers: ${settings.phoneNumbers.join(', ')}.`);
  }

  function requireCall(request: CallRequest): CarrierCall {
    const call = carrier.find(request.params.callSid);
    if (!call) throw new Refused(404, `There is no call ${request.params.callSid} in the sandbox.`);
    return call;
  }

  function requireLive(request: CallRequest): CarrierCall {
    const call = requireCall(request);
    if (!call.isAnswered() || call.isOver) throw new Refused(409, `The call is ${call.status}: nobody is on the line.`);
    return call;
  }
}

function clockView(clock: WallClock): Record<string, unknown> {
  return { ahead_seconds: clock.aheadMs / 1000, now: new Date(clock.nowMs()).toISOString() };
}

function describe({ baseUrl, phoneNumbers, intelligence, ticker }: ControlSettings): Record<string, unknown> {
  const base = baseUrl();
  return {
    sandbox: true,
    about: 'Simulated providers on this machine. Nothing here rings a real phone or costs money.',
    providers: Object.keys(FAULTS_BY_PROVIDER),
    base_urls: {
      twilio: base,
      openai: `${base}/v1`,
      openai_realtime: `${base.replace('http', 'ws')}/v1/realtime`,
      google: base,
    },
    phone_numbers: phoneNumbers,
    voice_intelligence_sid: intelligence.defaultServiceSid,
    magic_numbers: MAGIC_NUMBERS,
    faults: FAULTS_BY_PROVIDER,
    clock: { late_frames: ticker.lateFrames, skipped_frames: ticker.skippedFrames },
  };
}
