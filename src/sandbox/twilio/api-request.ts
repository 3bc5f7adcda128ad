import type { FastifyRequest } from 'fastify';
import type { FaultBox } from '../faults';
import type { SandboxLog } from '../log';
import type { WallClock } from '../wall-clock';
import type { Carrier } from './carrier';
import type { VoiceIntelligence } from './intelligence/voice-intelligence';
import type { Messages } from './messages/messages';

/** What the REST API works on. */
export interface TwilioApi {
  carrier: Carrier;
  intelligence: VoiceIntelligence;
  messages: Messages;
  accountSid: string;
  authToken: string;
  clock: WallClock;
  faults: FaultBox;
  log: SandboxLog;
}

/** A request as Twilio's API takes it: a form, in which a field may be repeated. */
export type FormRequest = FastifyRequest<{ Body: URLSearchParams | undefined; Params: Record<string, string> }>;

/** The fields that came with a POST; an empty form when there was no body. */
export function formOf(request: FormRequest): URLSearchParams {
  return request.body ?? new URLSearchParams();
}

export function queryOf(request: FastifyRequest): Record<string, string> {
  return request.query as Record<string, string>;
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? request.url;
}
