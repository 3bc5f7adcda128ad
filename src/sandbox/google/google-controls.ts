import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refused, read } from '../control/refusals';
import { CalendarError } from './calendar/calendar-error';
import { toResource, type CalendarEvent } from './calendar/calendar-event';
import type { Calendar } from './calendar/calendar';
import { isTimeZone } from './calendar/event-time';
import type { GoogleContext } from './google-context';
import { ACCESS_TOKEN_SECONDS } from './oauth/grants';
import type { Person } from './people';

const email = z.string().min(1, 'must not be empty').max(254, 'must not be longer than 254 characters');
const whose = z.strictObject({ email: email.optional(), calendar_id: z.string().default('primary') });
const newPerson = z.strictObject({
  email,
  name: z.string().trim().min(1).max(100).optional(),
  time_zone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin').optional(),
});
const changes = whose.extend({ event: z.record(z.string(), z.unknown()) });
const newEvent = changes.extend({ organizer: email.optional() });
const onePerson = z.strictObject({ email: email.optional() });
const settings = z.strictObject({
  access_token_seconds: z.number().int().min(0, 'must be from 0 to 86,400').max(86_400, 'must be from 0 to 86,400'),
});

type EventRequest = FastifyRequest<{ Params: { eventId: string } }>;

/** What a person does in Google's own pages, and what a test wants to know. Without `email` it is the first person. */
export function registerGoogleControls(scope: FastifyInstance, google: GoogleContext): void {
  const { people, grants, counts, calendars, channels } = google;

  scope.get('/google', (_request, reply) => reply.send(state(google)));

  scope.post('/google/people', (request, reply) => {
    const { email: written, name, time_zone: timeZone } = read(newPerson, request.body);
    const person = people.add({ email: written, name, timeZone });
    if (!person) throw new Refused(422, `"${written}" is no e-mail, or there are too many people already.`);
    return reply.status(201).send(personView(person, google));
  });

  scope.post('/google/settings', (request, reply) => {
    grants.accessTokenSeconds = read(settings, request.body).access_token_seconds;
    return reply.send({ access_token_seconds: grants.accessTokenSeconds });
  });
  scope.delete('/google/settings', (_request, reply) => {
    grants.accessTokenSeconds = ACCESS_TOKEN_SECONDS;
    return reply.send({ access_token_seconds: grants.accessTokenSeconds });
  });

  /** As in "Third-party apps with account access" of the account. */
  scope.post('/google/revoke', (request, reply) => {
    const { email: written } = read(onePerson, request.body ?? {});
    return reply.send({ revoked: grants.revoke(requirePerson(written)) });
  });
  scope.post('/google/expire-access-tokens', (request, reply) => {
    const { email: written } = read(onePerson, request.body ?? {});
    return reply.send({ expired: grants.expireAll(written === undefined ? undefined : requirePerson(written)) });
  });
  scope.delete('/google/token-requests', (_request, reply) => {
    counts.clear();
    return reply.status(204).send();
  });

  scope.get('/google/events', (request, reply) => {
    const calendar = requireCalendar(read(whose, request.query));
    return reply.send(calendar.stored().map((event) => resourceOf(calendar, event)));
  });
  scope.post('/google/events', (request, reply) => {
    const { event, organizer, ...named } = read(newEvent, request.body);
    const calendar = requireCalendar(named);
    const made = asPerson(() =>
      organizer === undefined ? calendar.insert(event) : calendar.receive(event, organizer),
    );
    return reply.status(201).send(resourceOf(calendar, made));
  });
  /** Moves it, renames it, answers it: whatever the patch says. */
  scope.patch('/google/events/:eventId', (request: EventRequest, reply) => {
    const { event, ...named } = read(changes, request.body);
    const calendar = requireCalendar(named);
    const changed = asPerson(() => calendar.update(request.params.eventId, 'patch', event));
    return reply.send(resourceOf(calendar, changed));
  });
  scope.delete('/google/events/:eventId', (request: EventRequest, reply) => {
    const calendar = requireCalendar(read(whose, request.query));
    asPerson(() => calendar.cancel(request.params.eventId));
    return reply.status(204).send();
  });

  function requirePerson(written: string | undefined): Person {
    const person = written === undefined ? people.first : people.find(written);
    if (!person) throw new Refused(404, `There is nobody with the e-mail ${written ?? ''} in the sandbox.`);
    return person;
  }

  function requireCalendar({ email: written, calendar_id: id }: z.infer<typeof whose>): Calendar {
    const entry = calendars.find(requirePerson(written), id);
    if (!entry) throw new Refused(404, `There is no calendar ${id} of that person in the sandbox.`);
    return entry.calendar;
  }

  function state({ clientId }: GoogleContext): object {
    return {
      client_id: clientId,
      access_token_seconds: grants.accessTokenSeconds,
      people: people.all().map((person) => personView(person, google)),
      grants: grants.all().map((grant) => {
        const { refreshTokens, accessTokens } = grants.counts(grant);
        return {
          email: grant.person.email,
          scopes: [...grant.scopes],
          offline: grant.isOffline,
          granted_at: new Date(grant.grantedAtMs).toISOString(),
          refresh_tokens: refreshTokens,
          access_tokens: accessTokens,
        };
      }),
      token_requests: counts.view(),
      ...channels.view(),
    };
  }
}

function personView(person: Person, { calendars }: GoogleContext): object {
  return {
    email: person.email,
    sub: person.sub,
    name: person.name,
    time_zone: person.timeZone,
    calendars: calendars.listOf(person).map(({ calendar, accessRole }) => ({
      id: calendar.id,
      summary: calendar.summary,
      access_role: accessRole,
      events: calendar.stored().filter(({ status }) => status !== 'cancelled').length,
    })),
  };
}

function resourceOf(calendar: Calendar, event: CalendarEvent): object {
  const { ownerEmail, id: calendarId, timeZone: shownIn } = calendar;
  return toResource(event, { ownerEmail, calendarId, shownIn });
}

/** What the calendar refuses, the control refuses in its own words. */
function asPerson<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof CalendarError)) throw error;
    const status = error.code === 404 || error.code === 409 ? error.code : error.code === 410 ? 409 : 422;
    throw new Refused(status, `The calendar refuses this (${error.reason}): ${error.message}`);
  }
}
