import { api, SignedUp } from './api';
import type { StartedApp } from './app';
import { until } from './until';

export interface TurnBody {
  role: 'agent' | 'customer' | 'operator';
  text: string;
  generated_text: string | null;
  start_time: number;
  end_time: number;
  interrupted: boolean;
  latency_ms: number | null;
}

export interface CallBody {
  id: string;
  call_sid: string;
  answered_at: string | null;
  status: string;
  ended_reason: string | null;
  answered_by: string | null;
  voicemail: { detected_by: string; message_left: boolean; message: string | null } | null;
  call_duration: number | null;
  dial_state: string;
  transcript: TurnBody[];
  order_items: { name: string; quantity: number }[] | null;
  latency: { turns: number; p50_ms: number | null };
  cost: { model_usage: Record<string, number> | null };
  error: { code: string; detail: string } | null;
}

const OVER = ['completed', 'busy', 'no-answer', 'failed', 'canceled'];

/** Places a call and hands back what asks about it. */
export async function ring(server: StartedApp, user: SignedUp, phoneNumber: string, body: object = {}) {
  const client = api(server.url);
  const placed = await client.post<CallBody>(
    '/calls',
    { phone_number: phoneNumber, scenario: 'sales', ...body },
    { token: user.token },
  );
  if (placed.status !== 201) throw new Error(`The call was not placed: ${placed.text}`);
  const now = async () => (await client.get<CallBody>(`/calls/${placed.body.id}`, { token: user.token })).body;
  return {
    placed: placed.body,
    now,
    /** The call when it is over and everything about it is written. */
    over: (withinMs = 90_000) =>
      until(now, (call) => OVER.includes(call.status) && call.ended_reason !== null, { withinMs, what: 'the end' }),
    until: (isThere: (call: CallBody) => boolean, what: string, withinMs = 30_000) =>
      until(now, isThere, { withinMs, what }),
  };
}
