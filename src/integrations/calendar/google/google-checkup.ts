import { Finding, findingsOn } from '../../../common/finding';
import type { AppConfig } from '../../../config/app-config';

const TIMEOUT_MS = 15_000;
const TOKEN_URL = 'https://oauth2.googleapis.com/token';

const client = findingsOn('Google client');

/**
 * Google tells nothing about a client, but says what is wrong when one comes with a code that nobody was given: the client
 * itself, its redirect address, or only the code.
 */
export async function googleCheckup({ google, publicUrl }: AppConfig): Promise<Finding[]> {
  if (google.client === undefined) return [client.off('No GOOGLE_CLIENT_ID is set: nobody can connect a calendar.')];
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: 'nobody-was-given-this-code',
    client_id: google.client.id,
    client_secret: google.client.secret,
    redirect_uri: google.calendarRedirectUri,
  });
  const url = google.oauthBaseUrl === undefined ? TOKEN_URL : `${google.oauthBaseUrl}/token`;
  let said: string;
  try {
    const answer = await fetch(url, { method: 'POST', body: form, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { error } = (await answer.json()) as { error?: unknown };
    said = typeof error === 'string' ? error : `status ${answer.status}`;
  } catch (error) {
    return [client.failure(`Google could not be asked: ${error instanceof Error ? error.message : String(error)}`)];
  }
  if (said === 'invalid_client') {
    return [client.failure('Google does not know GOOGLE_CLIENT_ID with this GOOGLE_CLIENT_SECRET.')];
  }
  if (said === 'redirect_uri_mismatch') {
    const where = "the client's authorized redirect URIs in the Google Cloud console";
    return [client.failure(`${google.calendarRedirectUri} is not among ${where}.`)];
  }
  if (said !== 'invalid_grant')
    return [client.warning(`Google answered with ${said}, which says nothing of the client.`)];
  const isSecure = publicUrl.startsWith('https:') || new URL(publicUrl).hostname === 'localhost';
  return [
    client.ok('Google knows it.'),
    ...(isSecure
      ? []
      : [client.warning('PUBLIC_URL has no https: Google tells nobody there that a calendar has changed.')]),
  ];
}
