import { isObject } from './event-body';
import { invalid } from './calendar-error';

/** What of an answer is wanted; `null`: all of it. */
type Mask = ReadonlyMap<string, Mask> | null;

const NAME = /^(?:\*|[\w.]+)/;

/**
 * The members of an answer that a client has asked for with `fields`, such as `kind,items(id,start/date)`
 * (https://developers.google.com/workspace/calendar/api/guides/performance#partial-response).
 * @throws CalendarError 400 where it cannot be read
 */
export function partOf(answer: unknown, fields: string): unknown {
  const [mask, rest] = readMask(fields);
  if (rest !== '') throw invalid(`Invalid field selection ${fields}`, 'fields');
  return masked(answer, mask);
}

function masked(value: unknown, mask: Mask): unknown {
  if (mask === null) return value;
  if (Array.isArray(value)) return value.map((each) => masked(each, mask));
  if (!isObject(value)) return value;
  const wanted = Object.entries(value).flatMap(([name, member]) => {
    const inner = mask.has(name) ? mask.get(name) : mask.get('*');
    return inner === undefined ? [] : [[name, masked(member, inner)] as const];
  });
  return Object.fromEntries(wanted);
}

/** @returns what stands behind it as well */
function readMask(text: string): [Map<string, Mask>, string] {
  const mask = new Map<string, Mask>();
  let rest = text;
  for (;;) {
    const [name] = NAME.exec(rest) ?? [];
    if (name === undefined) throw invalid(`Invalid field selection ${text}`, 'fields');
    rest = rest.slice(name.length);
    let inner: Mask = null;
    if (rest.startsWith('(')) {
      [inner, rest] = readMask(rest.slice(1));
      if (!rest.startsWith(')')) throw invalid(`Invalid field selection ${text}`, 'fields');
      rest = rest.slice(1);
    } else if (rest.startsWith('/')) {
      const [path, behind] = readPath(rest.slice(1));
      [inner, rest] = [path, behind];
    }
    mask.set(name, inner);
    if (!rest.startsWith(',')) return [mask, rest];
    rest = rest.slice(1);
  }
}

function readPath(text: string): [Map<string, Mask>, string] {
  const [name] = NAME.exec(text) ?? [];
  if (name === undefined) throw invalid(`Invalid field selection ${text}`, 'fields');
  const rest = text.slice(name.length);
  if (rest.startsWith('/')) {
    const [inner, behind] = readPath(rest.slice(1));
    return [new Map([[name, inner]]), behind];
  }
  if (!rest.startsWith('(')) return [new Map([[name, null]]), rest];
  const [inner, behind] = readMask(rest.slice(1));
  if (!behind.startsWith(')')) throw invalid(`Invalid field selection ${text}`, 'fields');
  return [new Map([[name, inner]]), behind.slice(1)];
}
