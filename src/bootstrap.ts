import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DestinationStream, Logger } from 'pino';
import { AppModule } from './app.module';
import { AppError } from './common/app-error';
import { GatedWsAdapter } from './common/gated-ws.adapter';
import { NEXT_PAGE_TOKEN_HEADER, TOTAL_COUNT_HEADER } from './common/paging';
import { toProblem } from './common/problem';
import { PROBLEM_CONTENT_TYPE } from './common/problem.filter';
import { REPLAYED_HEADER } from './common/idempotency.interceptor';
import { REQUEST_ID_HEADER, requestIdOf } from './common/request-id';
import { checkRequestText } from './common/request-text';
import { securityHeaders } from './common/security-headers';
import { takeForms } from './common/uploaded-form';
import { readUploadedTexts } from './common/uploaded-text';
import type { AppConfig } from './config/app-config';
import { serveApiDocs } from './general/api-docs';
import { AppLogger } from './logging/app-logger';
import { LOG } from './logging/log.token';
import { logRequest } from './logging/request-log';

/** Time for all headers, and for the whole request with its body: whoever drips bytes gets no longer than that. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
const CHECK_TIMEOUTS_EVERY_MS = 5_000;

/** Longer than the idle time of usual load balancers (60 s), so that it is they who close first. */
const KEEP_ALIVE_MS = 72_000;

/** At a stop, requests under way get this long; connections without one are closed as they are found. */
const LAST_REQUESTS_MS = 3_000;
const CLOSE_CONNECTIONS_EVERY_MS = 50;

/** Longer path parameters are no ids or numbers of ours: 404. */
const MAX_PARAMETER_LENGTH = 500;

const EXPOSED_HEADERS = [
  TOTAL_COUNT_HEADER,
  NEXT_PAGE_TOKEN_HEADER,
  REQUEST_ID_HEADER,
  REPLAYED_HEADER,
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'Content-Disposition',
];

export interface AppOptions {
  /** Builds the routes without instantiating anything: for the OpenAPI document, without a database. */
  preview?: boolean;
  /** Where log lines go instead of stdout. */
  logDestination?: DestinationStream;
  /** Beside the rooms of AppModule, for tests. */
  moreRooms?: Type[];
}

/** The whole server, ready to listen; main.ts, the tests and the scripts start the same one. */
export async function createApp(config: AppConfig, options: AppOptions = {}): Promise<NestFastifyApplication> {
  let log: Logger | undefined;
  const watch = (request: FastifyRequest, reply: FastifyReply): void => {
    if (log !== undefined) logRequest(request, reply, log);
  };
  const adapter = fastifyAdapter(config, watch);
  // Before every other hook, some of which answer by themselves (CORS).
  adapter.setOnRequestHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    watch(request, reply);
    done();
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, options.logDestination, options.moreRooms),
    adapter,
    options.preview ? { logger: false, preview: true } : { bufferLogs: true, abortOnError: false, rawBody: true },
  );
  if (!options.preview) {
    log = app.get<Logger>(LOG);
    app.useLogger(app.get(AppLogger));
  }
  app.flushLogs();

  const fastify = app.getHttpAdapter().getInstance();
  // Fastify reads plain text by default; nothing here takes it.
  fastify.removeContentTypeParser('text/plain');
  const headers = securityHeaders(config);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header(REQUEST_ID_HEADER, request.id);
    // An empty body has no type: clients that always say JSON may POST nothing.
    if (request.headers['content-length'] === '0') delete request.headers['content-type'];
    done();
  });
  const { maxBodyBytes, maxUploadBytes } = config.limits;
  await takeForms(fastify, { text: maxBodyBytes, audio: maxUploadBytes });
  readUploadedTexts(fastify, maxBodyBytes);
  fastify.addHook('preValidation', (request, _reply, done) => {
    checkRequestText(request.params);
    checkRequestText(request.query);
    checkRequestText(request.body);
    done();
  });
  fastify.addHook('preClose', (done) => {
    closeConnections(fastify.server);
    done();
  });
  app.enableCors({
    origin: [...new Set([new URL(config.frontendUrl).origin, ...config.corsOrigins])],
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  });
  if (!options.preview) {
    app.useWebSocketAdapter(new GatedWsAdapter(app));
    serveApiDocs(app);
  }
  return app;
}

type Watch = (request: FastifyRequest, reply: FastifyReply) => void;

function fastifyAdapter(config: AppConfig, watch: Watch): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: config.trustedProxies === 0 ? false : config.trustedProxies,
    bodyLimit: config.limits.maxBodyBytes,
    genReqId: requestIdOf,
    requestIdHeader: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    // Connections that are still open bring the last webhooks of calls that have just ended.
    return503OnClosing: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CHECK_TIMEOUTS_EVERY_MS },
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => {
      // No hook has seen it.
      watch(request, reply);
      answerUnroutable(request, reply);
    },
    clientErrorHandler: answerUnreadable,
  });
}

/**
 * Lets a server that is closing come to its end. By itself Node closes the connections that are idle at that moment; one
 * with a request under way would stay for as long as clients may keep it.
 */
function closeConnections(server: Server): void {
  const since = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - since < LAST_REQUESTS_MS) server.closeIdleConnections();
    else server.closeAllConnections();
  }, CLOSE_CONNECTIONS_EVERY_MS).unref();
  server.once('close', () => clearInterval(timer));
}

/** Addresses that cannot be decoded never reach Nest. */
function answerUnroutable(request: FastifyRequest, reply: FastifyReply): void {
  const { problem } = toProblem(
    new AppError('invalid', 'request.malformed', 'The address of this request is malformed.'),
    request.id,
  );
  void reply.status(problem.status).header('Content-Type', PROBLEM_CONTENT_TYPE).send(JSON.stringify(problem));
}

/** What came is no HTTP, or came too slowly: there is no request to answer, only a socket. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const isTimeout = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const { problem } = toProblem(
    new AppError(
      'invalid',
      'request.malformed',
      isTimeout ? 'The request took too long.' : 'This is no valid request.',
    ),
  );
  const text = JSON.stringify(problem);
  const status = isTimeout ? '408 Request Timeout' : '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: ${PROBLEM_CONTENT_TYPE}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
