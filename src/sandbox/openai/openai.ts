import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ArmedFault } from '../faults';
import type { VoiceBox } from '../speech/voice-box';
import type { Faults } from './faults.port';
import { AudioRequests, type AudioRequestView } from './audio-requests';
import { RealtimeServer } from './realtime-server';
import { DEFAULT_PACE, type ModelPace } from './response-run';
import { registerRest } from './rest';
import type { SessionView } from './session-view';

export interface OpenAiOptions {
  /** The one key that is accepted. */
  apiKey: string;
  voices: VoiceBox;
  faults: Faults;
  log: (event: string, fields?: Record<string, unknown>) => void;
  /** The provider's sessions last 60 minutes. */
  sessionLimitMs?: number;
  pace?: Partial<ModelPace>;
}

/** OpenAI's Realtime WebSocket and the REST calls that a voice product uses, simulated. */
export interface OpenAiSimulator {
  /** Adds /v1/audio/transcriptions, /v1/audio/speech, /v1/responses, /v1/chat/completions and /v1/models. */
  registerRest(app: FastifyInstance): void;
  /** For an upgrade to /v1/realtime; anything else is refused with 404. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Open sessions and those that were lately closed, oldest first. */
  sessions(): SessionView[];
  /** What was asked of the audio routes, oldest first. */
  audioRequests(): AudioRequestView[];
  /** Lets a fault strike the open Realtime connections that it is meant for; says how many. */
  strikeOpen(fault: ArmedFault): number;
  /** Cuts every open Realtime connection at once; says how many. */
  cutAll(): number;
  close(): Promise<void>;
}

const SESSION_LIMIT_MS = 60 * 60_000;

export function createOpenAi(options: OpenAiOptions): OpenAiSimulator {
  const { apiKey, voices, faults, log } = options;
  const realtime = new RealtimeServer({
    apiKey,
    voices,
    faults,
    log,
    sessionLimitMs: options.sessionLimitMs ?? SESSION_LIMIT_MS,
    pace: { ...DEFAULT_PACE, ...options.pace },
  });
  const requests = new AudioRequests();
  return {
    registerRest: (app) => registerRest(app, { apiKey, voices, faults, requests }),
    audioRequests: () => requests.all(),
    handleUpgrade: (req, socket, head) => realtime.handleUpgrade(req, socket, head),
    sessions: () => realtime.sessions(),
    strikeOpen: (fault) => realtime.strikeOpen(fault),
    cutAll: () => realtime.cutAll(),
    close: () => realtime.close(),
  };
}
