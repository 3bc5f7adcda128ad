import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GoogleContext } from '../google-context';
import type { Person } from '../people';
import { notFound } from './calendar-error';
import type { CalendarEntry } from './calendars';
import type { CalendarMethod } from './caller';

/** A request of somebody who may make it. */
export interface CalendarCall {
  person: Person;
  params: URLSearchParams;
  path: Record<string, string>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Registers one method of the API: who may call it, and what goes wrong on purpose, comes before its own work. */
export type RegisterMethod = (
  method: CalendarMethod,
  verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  answer: (call: CalendarCall) => FastifyReply,
) => void;

/** @throws CalendarError 404: there is none, or it is somebody else's */
export function requireCalendar(
  { calendars }: GoogleContext,
  person: Person,
  path: Record<string, string>,
): CalendarEntry {
  const entry = calendars.find(person, path['calendarId'] ?? '');
  if (!entry) throw notFound();
  return entry;
}
