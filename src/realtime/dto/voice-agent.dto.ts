import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import type { OpenSocket } from '../voice-agent-sockets.service';

const dateTime = z.string().meta({ format: 'date-time' });

const CONNECTED_AT = '2026-12-01T09:30:00.000Z';

export class SocketStatusDto extends createZodDto(
  z
    .object({
      active_connections: z.int(),
      sessions: z.array(z.string()).describe('The ids of the sessions whose sockets are open, the oldest first'),
      connections: z.array(
        z.object({
          session_id: z.string(),
          mode: z.enum(['messages', 'realtime']),
          call_id: z
            .string()
            .nullable()
            .describe('The call that is talked on, as in GET /calls; null outside of realtime'),
          connected_at: dateTime,
        }),
      ),
      timestamp: dateTime,
    })
    .meta({
      example: {
        active_connections: 1,
        sessions: ['kitchen-tablet'],
        connections: [
          {
            session_id: 'kitchen-tablet',
            mode: 'realtime',
            call_id: '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1',
            connected_at: CONNECTED_AT,
          },
        ],
        timestamp: '2026-12-01T09:31:00.000Z',
      },
    }),
) {}

export class DisconnectedDto extends createZodDto(
  z.object({ message: z.string() }).meta({ example: { message: 'Session kitchen-tablet disconnected' } }),
) {}

export function toSocketStatusDto(sockets: readonly OpenSocket[], now: Date): SocketStatusDto {
  return {
    active_connections: sockets.length,
    sessions: sockets.map(({ sessionId }) => sessionId),
    connections: sockets.map(({ sessionId, mode, callId, connectedAt }) => ({
      session_id: sessionId,
      mode,
      call_id: callId,
      connected_at: connectedAt.toISOString(),
    })),
    timestamp: now.toISOString(),
  };
}
