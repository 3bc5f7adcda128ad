import type { ItemStatus } from './conversation';
import type { RealtimeSession } from './realtime-session';
import type { TurnDetection, Voice } from './session-config';

/** A session as the sandbox's control routes show it. */
export interface SessionView {
  id: string;
  createdAt: string;
  isOpen: boolean;
  expiresAt: string;
  model: string;
  instructions: string;
  voice: Voice;
  turnDetection: TurnDetection | null;
  tools: string[];
  items: ItemView[];
  counts: { appends: number; audioBytesIn: number; audioBytesOut: number; responses: number };
  errorsSent: { code: string | null; message: string; param: string | null }[];
}

export interface ItemView {
  id: string;
  type: string;
  role: string | null;
  status: ItemStatus;
  /** What the model knows to have been said: of a truncated item, the words that were heard. */
  transcript: string;
  audioMs: number;
  truncatedAtMs: number | null;
  call: { name: string | null; callId: string; arguments: string | null; output: string | null } | null;
}

export function viewOf(session: RealtimeSession, createdAt: Date, isOpen: boolean): SessionView {
  const { id, config, conversation, counts, errorsSent } = session;
  return {
    id,
    createdAt: createdAt.toISOString(),
    isOpen,
    expiresAt: new Date(session.expiresAtMs).toISOString(),
    model: config.model,
    instructions: config.instructions,
    voice: config.audio.output.voice,
    turnDetection: config.audio.input.turn_detection,
    tools: config.tools.map((tool) => tool.name),
    items: conversation.all().map(({ item, knownText, audioMs, truncatedAtMs }) => ({
      id: item.id,
      type: item.type,
      role: item.role ?? null,
      status: item.status,
      transcript: knownText,
      audioMs: Math.round(audioMs),
      truncatedAtMs,
      call:
        item.call_id === undefined
          ? null
          : {
              name: item.name ?? null,
              callId: item.call_id,
              arguments: item.arguments ?? null,
              output: item.output ?? null,
            },
    })),
    counts: { ...counts },
    errorsSent: [...errorsSent],
  };
}
