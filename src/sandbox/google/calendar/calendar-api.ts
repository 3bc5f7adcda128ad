import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GoogleContext } from '../google-context';
import { strikeConnection } from '../google-faults';
import { queryOf } from '../oauth/token-api';
import type { Person } from '../people';
import { requireCalendar, type RegisterMethod } from './calendar-call';
import { CalendarError, needsFullSync, notFound } from './calendar-error';
import { authorize } from './caller';
import type { CalendarEntry } from './calendars';
import { registerEvents } from './events-api';
import { partOf } from './fields-mask';
import { freeBusy } from './free-busy';

/** The Calendar API, version 3 (https://developers.google.com/workspace/calendar/api/v3/reference). */
export function registerCalendar(app: FastifyInstance, google: GoogleContext): void {
  const { calendars, channels } = google;
  app.register(
    (scope, _options, done) => {
      const answersToLose = new WeakSet<FastifyRequest>();
      readJson(scope);
      scope.setErrorHandler((error, _request, reply) => {
        const refusal = errorOf(error, google);
        return reply.status(refusal.code).send(refusal.body());
      });
      scope.setNotFoundHandler(() => {
        throw notFound();
      });
      scope.addHook('preSerialization', (request, reply, payload, next) => {
        const fields = queryOf(request).get('fields');
        try {
          next(null, fields === null || reply.statusCode !== 200 ? payload : partOf(payload, fields));
        } catch (error) {
          next(error as Error);
        }
      });
      scope.addHook('onSend', (request, reply, _payload, next) => {
        if (answersToLose.has(request)) {
          reply.hijack();
          request.raw.socket.destroy();
          return;
        }
        reply.header('cache-control', 'no-cache, no-store, max-age=0, must-revalidate');
        reply.header('date', new Date(google.clock.nowMs()).toUTCString());
        next();
      });
      const register: RegisterMethod = (method, verb, url, answer) => {
        scope.route({
          method: verb,
          url,
          handler: async (request, reply) => {
            const { grant } = authorize(request, reply, method, google);
            if (await strike(google, grant.person, request, reply)) answersToLose.add(request);
            if (reply.sent) return reply;
            const path = request.params as Record<string, string>;
            return answer({ person: grant.person, params: queryOf(request), path, request, reply });
          },
        });
      };

      register('CalendarList.List', 'GET', '/users/me/calendarList', ({ person, reply }) => {
        const items = calendars.listOf(person).map(listEntry);
        return reply.send({ kind: 'calendar#calendarList', etag: '"p1"', nextSyncToken: 'sandbox', items });
      });
      register('CalendarList.Get', 'GET', '/users/me/calendarList/:calendarId', ({ person, path, reply }) => {
        return reply.send(listEntry(requireCalendar(google, person, path)));
      });
      register('Calendars.Get', 'GET', '/calendars/:calendarId', ({ person, path, reply }) => {
        const { calendar } = requireCalendar(google, person, path);
        const { id, summary, timeZone } = calendar;
        return reply.send({ kind: 'calendar#calendar', etag: '"p1"', id, summary, timeZone });
      });
      register('Freebusy.Query', 'POST', '/freeBusy', ({ person, request, reply }) => {
        return reply.send(freeBusy(request.body, person, calendars));
      });
      register('Channels.Stop', 'POST', '/channels/stop', ({ person, request, reply }) => {
        channels.stop(request.body, person.email);
        return reply.status(204).send();
      });
      registerEvents(register, google);
      done();
    },
    { prefix: '/calendar/v3' },
  );
}

/** Lets an armed fault strike; says whether the answer is to be lost. @throws CalendarError */
async function strike(
  { faults }: GoogleContext,
  { email }: Person,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if (faults.isEmpty) return false;
  const usage = { domain: 'usageLimits' } as const;
  const take = (fault: string) => faults.take('google', fault, { email });
  if (take('http_403')) throw new CalendarError(403, 'rateLimitExceeded', 'Rate Limit Exceeded', usage);
  if (take('http_429')) throw new CalendarError(429, 'rateLimitExceeded', 'Rate Limit Exceeded', usage);
  if (take('http_500')) throw new CalendarError(500, 'backendError', 'Backend Error');
  if (take('http_503')) throw new CalendarError(503, 'backendError', 'The service is currently unavailable.');
  if (queryOf(request).get('syncToken') && take('expire_sync_token')) throw needsFullSync();
  return strikeConnection(faults, '', email, request, reply);
}

function listEntry({ calendar, accessRole, isPrimary }: CalendarEntry): object {
  return {
    kind: 'calendar#calendarListEntry',
    etag: '"p1"',
    id: calendar.id,
    summary: calendar.summary,
    timeZone: calendar.timeZone,
    colorId: '14',
    backgroundColor: '#9fe1e7',
    foregroundColor: '#000000',
    selected: true,
    accessRole,
    defaultReminders: accessRole === 'owner' ? [{ method: 'popup', minutes: 10 }] : [],
    ...(isPrimary ? { primary: true } : {}),
    conferenceProperties: { allowedConferenceSolutionTypes: ['hangoutsMeet'] },
  };
}

function readJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
    const text = String(body);
    try {
      parsed(null, text === '' ? undefined : (JSON.parse(text) as unknown));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      parsed(new CalendarError(400, 'parseError', 'Parse Error'));
    }
  });
}

function errorOf(error: unknown, { log }: GoogleContext): CalendarError {
  if (error instanceof CalendarError) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  if (typeof status === 'number' && status >= 400 && status < 500 && error instanceof Error) {
    return new CalendarError(400, 'badRequest', error.message);
  }
  log('google.trouble', { error: String(error) });
  return new CalendarError(500, 'backendError', 'Backend Error');
}
