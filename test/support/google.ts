import { randomBytes } from 'node:crypto';
import { api, ApiAnswer } from './api';

/** What somebody does on the consent page. */
export interface Consent {
  /** Whose account; a new person of the sandbox when absent. */
  email?: string;
  decision?: 'continue' | 'cancel';
  /** Scopes whose box is unticked. */
  without?: string[];
}

export interface TokenRequests {
  authorization_code?: number;
  refresh_token?: number;
}

/** Somebody with an account at the simulated Google, whom no other test knows. */
export async function aGooglePerson(sandboxUrl: string, timeZone = 'Europe/Berlin'): Promise<string> {
  const email = `person-${randomBytes(5).toString('hex')}@example.com`;
  const answer = await api(sandboxUrl).post('/sandbox/google/people', { email, time_zone: timeZone });
  if (answer.status !== 201) throw new Error(answer.text);
  return email;
}

/** Where to agree, as the front end gets it. */
export async function authorizationUrl(serverUrl: string, token: string): Promise<string> {
  const answer = await api(serverUrl).get<{ authorization_url: string }>('/google-calendar/auth', { token });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body.authorization_url;
}

/** Looks at the consent page, answers it, and tells where the browser is sent: the product's callback. */
export async function consentAt(
  address: string,
  { email, decision = 'continue', without = [] }: Consent,
): Promise<URL> {
  const page = await fetch(address, { redirect: 'manual' });
  const html = await page.text();
  if (page.status !== 200) throw new Error(`The consent page answered ${page.status}: ${html}`);
  const form = new URLSearchParams({ consent: valueOf(html, 'consent'), decision });
  if (email !== undefined) form.set('account', email);
  for (const [, scope = ''] of html.matchAll(/name="scope" value="([^"]*)"/g)) {
    const written = unescaped(scope);
    if (!without.some((word) => written.endsWith(word))) form.append('scope', written);
  }
  const action = /<form method="post" action="([^"]*)"/.exec(html)?.[1] ?? '';
  const answered = await fetch(new URL(unescaped(action), address), { method: 'POST', body: form, redirect: 'manual' });
  const location = answered.headers.get('location');
  if (location === null) throw new Error(`Nobody was sent back: ${answered.status} ${await answered.text()}`);
  return new URL(location);
}

/** The browser goes where Google sends it; what it is told there. */
export async function comeBack(
  address: URL,
): Promise<{ answer: ApiAnswer; said: Record<string, string>; path: string }> {
  const answer = await api(address.origin).get(address.pathname + address.search);
  const location = new URL(answer.headers.get('location') ?? 'about:blank');
  return { answer, said: Object.fromEntries(location.searchParams), path: location.origin + location.pathname };
}

/** Connects a calendar as a person would. Answers whose it is. */
export async function connectCalendar(
  server: { url: string },
  sandbox: { url: string },
  token: string,
  consent: Consent = {},
): Promise<string> {
  const email = consent.email ?? (await aGooglePerson(sandbox.url));
  const { said } = await comeBack(await consentAt(await authorizationUrl(server.url, token), { ...consent, email }));
  if (said['success'] !== 'true') throw new Error(`The calendar was not connected: ${JSON.stringify(said)}`);
  return email;
}

function valueOf(html: string, name: string): string {
  return unescaped(new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '');
}

function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
