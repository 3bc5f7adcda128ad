/** Parameters whose values say nothing about a person and open nothing. */
const HARMLESS_PARAMETERS = new Set([
  'limit',
  'offset',
  'skip',
  'page_size',
  'max_results',
  'status',
  'direction',
  'call_direction',
  'scenario_name',
  'format',
  'mode',
  'from',
  'to',
]);

/** A path segment that can be a phone number: seven digits or more, however a person writes them. */
const PHONE_NUMBER = /^(tel:)?[+(]?(?=(?:\D*\d){7})[\d\s().+-]+(;.*)?$/i;

/** Routes whose next segment is a number, whatever somebody wrote there. */
const NUMBER_FOLLOWS = new Set(['make-call', 'make-custom-call', 'make-calendar-call-scenario']);

/** `GT…` and `CA…` sids, ids and words stay; phone numbers go, and every parameter not known to be harmless. */
export function redactUrl(url: string): string {
  const [path = '', query] = split(url, '?');
  const cleanPath = path
    .split('/')
    .map((segment, index, segments) => {
      const isNumber = NUMBER_FOLLOWS.has(segments[index - 1] ?? '') || PHONE_NUMBER.test(decoded(segment));
      return isNumber ? '[number]' : segment;
    })
    .join('/');
  if (query === undefined) return cleanPath;
  const cleanQuery = query
    .split('&')
    .map((pair) => {
      const [name = '', value] = split(pair, '=');
      if (value === undefined || (HARMLESS_PARAMETERS.has(name) && !PHONE_NUMBER.test(decoded(value)))) return pair;
      return `${name}=[redacted]`;
    })
    .join('&');
  return `${cleanPath}?${cleanQuery}`;
}

function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replace(/\+(?=.*%)/g, ' '));
  } catch {
    return part;
  }
}
