/** The date form of the v2010 API: `Tue, 31 Aug 2010 20:36:28 +0000`. */
export function rfc2822(atMs: number): string {
  return new Date(atMs).toUTCString().replace('GMT', '+0000');
}

/** `null` stays `null`: most dates of a call are not known at first. */
export function rfc2822OrNull(atMs: number | undefined): string | null {
  return atMs === undefined ? null : rfc2822(atMs);
}

/** The date form of the v2 APIs: `2010-08-31T20:36:28Z`. */
export function iso8601(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
