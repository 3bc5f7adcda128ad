/**
 * The scopes that this Google knows (https://developers.google.com/identity/protocols/oauth2/scopes and
 * https://developers.google.com/workspace/calendar/api/auth), and what the consent page says of them.
 */
const AUTH = 'https://www.googleapis.com/auth/';

/** What a person can say no to, by the last part of the scope. */
const CALENDAR_WORDS: Record<string, string> = {
  calendar: 'See, edit, share, and permanently delete all the calendars you can access using Google Calendar',
  'calendar.readonly': 'See and download any calendar you can access using your Google Calendar',
  'calendar.events': 'View and edit events on all your calendars',
  'calendar.events.readonly': 'View events on all your calendars',
  'calendar.events.owned': 'See, create, change, and delete events on Google calendars you own',
  'calendar.events.owned.readonly': 'See the events on Google calendars you own',
  'calendar.freebusy': 'View your availability in your calendars',
  'calendar.events.freebusy': 'See the availability on Google calendars you have access to',
  'calendar.calendarlist': 'See, add, and remove Google calendars you’re subscribed to',
  'calendar.calendarlist.readonly': 'See the list of Google calendars you’re subscribed to',
  'calendar.calendars':
    'See and change the properties of Google calendars you have access to, and create secondary ones',
  'calendar.calendars.readonly':
    'See the title, description, default time zone, and other properties of your calendars',
  'calendar.settings.readonly': 'View your Calendar settings',
  'calendar.app.created': 'Make secondary Google calendars, and see, create, change, and delete events on them',
};

const SIGN_IN_WORDS: Record<string, string> = {
  openid: 'Associate you with your personal info on Google',
  [`${AUTH}userinfo.email`]: 'See your primary Google Account email address',
  [`${AUTH}userinfo.profile`]: 'See your personal info, including any personal info you’ve made publicly available',
};

/** The short names of OpenID Connect; Google answers with the long ones. */
const LONG_NAMES: Record<string, string> = { email: `${AUTH}userinfo.email`, profile: `${AUTH}userinfo.profile` };

const WORDS: Record<string, string> = {
  ...SIGN_IN_WORDS,
  ...Object.fromEntries(Object.entries(CALENDAR_WORDS).map(([name, words]) => [AUTH + name, words])),
};

export const EMAIL_SCOPE = `${AUTH}userinfo.email`;
export const PROFILE_SCOPE = `${AUTH}userinfo.profile`;
export const KNOWN_SCOPES: readonly string[] = [...Object.keys(WORDS), ...Object.keys(LONG_NAMES)];

/** `calendar.events` in full. */
export function calendarScope(name: string): string {
  return AUTH + name;
}

/** Separated by spaces; each once, by the name that Google answers with; unknown ones stay as they are. */
export function readScopes(written: string): string[] {
  const names = written.split(/\s+/).filter(Boolean);
  return [...new Set(names.map((name) => LONG_NAMES[name] ?? name))];
}

export function isKnownScope(scope: string): boolean {
  return Object.hasOwn(WORDS, scope);
}

/** Signing in is all or nothing; everything else has a checkbox of its own on the consent page. */
export function isOptional(scope: string): boolean {
  return !Object.hasOwn(SIGN_IN_WORDS, scope);
}

export function wordsOf(scope: string): string {
  return WORDS[scope] ?? scope;
}
