import Fastify from 'fastify';
import { Pool } from 'pg';
import { toCallDto } from '../../../src/calls/dto/call.dto';
import type { CallWithTurns } from '../../../src/calls/calls.repository';

/**
 * The floor: the same two reads as one writes them with Fastify and `pg` alone. Plain parameterised SQL over a pool, each
 * statement prepared once a connection, rows turned into the body by the product's own function. No token, no validation,
 * no role, no transaction, no limits, no log, no headers but those that Fastify sets.
 */
const COLUMNS = `c.id, c.call_sid AS "callSid", c.direction, c.status, c.ended_reason AS "endedReason",
  c.phone_number AS "phoneNumber", c.from_number AS "fromNumber", c.scenario_name AS "scenarioName",
  c.created_at AS "createdAt", c.queue_time_ms AS "queueTimeMs", c.started_at AS "startedAt", c.answered_at AS "answeredAt", c.ended_at AS "endedAt",
  c.call_duration AS "callDuration", c.max_duration_seconds AS "maxDurationSeconds", c.answered_by AS "answeredBy",
  c.voicemail, c.order_items AS "orderItems", c.restaurant_id AS "restaurantId", c.customer_name AS "customerName",
  c.delivery_address AS "deliveryAddress", c.notes, c.extracted,
  c.extraction_error AS "extractionError", c.summary, c.outcome, c.outcome_reason AS "outcomeReason",
  c.open_promises AS "openPromises", c.analysed_at AS "analysedAt", c.analysis_error AS "analysisError", c.usage,
  c.carrier_price AS "carrierPrice", c.carrier_currency AS "carrierCurrency", c.variables, c.metadata, c.record,
  c.is_demo AS "isDemo", c.spoken_language AS "spokenLanguage", c.recording_id AS "recordingId",
  c.dial_state AS "dialState", c.error_code AS "errorCode", c.error_detail AS "errorDetail",
  c.updated_at AS "updatedAt",
  coalesce((SELECT json_agg(json_build_object('role', t.role, 'text', t.text, 'generatedText', t.generated_text,
      'startMs', t.start_ms, 'endMs', t.end_ms, 'wasInterrupted', t.was_interrupted, 'latencyMs', t.latency_ms)
      ORDER BY t.start_ms, t.sequence)
    FROM turns t WHERE t.user_id = c.user_id AND t.call_id = c.id), '[]') AS turns,
  coalesce((SELECT json_agg(json_build_object('tool', a.tool, 'state', a.state, 'outcome', a.outcome, 'atMs', a.at_ms,
      'eventId', a.event_id) ORDER BY a.sequence)
    FROM call_actions a WHERE a.user_id = c.user_id AND a.call_id = c.id), '[]') AS actions`;

const CALL = { name: 'call', text: `SELECT ${COLUMNS} FROM calls c WHERE c.user_id = $1 AND c.id = $2` };
const PAGE = {
  name: 'page',
  text: `SELECT ${COLUMNS} FROM calls c WHERE c.user_id = $1 ORDER BY c.created_at DESC, c.id DESC LIMIT $2`,
};
const TOTAL = { name: 'total', text: 'SELECT count(*)::integer AS total FROM calls c WHERE c.user_id = $1' };

async function main(userId: number): Promise<void> {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.DATABASE_POOL_SIZE) });
  const server = Fastify();
  server.get('/ready', () => 'ready');
  server.get<{ Params: { id: string } }>('/calls/:id', async (request, reply) => {
    const { rows } = await pool.query<CallWithTurns>({ ...CALL, values: [userId, request.params.id] });
    const [row] = rows;
    return row === undefined ? reply.code(404).send() : toCallDto(row, String);
  });
  server.get<{ Querystring: { limit: string } }>('/calls', async (request, reply) => {
    const [page, total] = await Promise.all([
      pool.query<CallWithTurns>({ ...PAGE, values: [userId, request.query.limit] }),
      pool.query<{ total: number }>({ ...TOTAL, values: [userId] }),
    ]);
    reply.header('X-Total-Count', String(total.rows[0]?.total));
    return page.rows.map((row) => toCallDto(row, String));
  });
  await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
  process.on('SIGTERM', () => process.exit(0));
}

main(Number(process.env['BENCH_USER_ID'])).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
