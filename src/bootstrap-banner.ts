import { AppConfig, localOrigin } from './config/app-config';
import { DEMO_USER } from './demo-user';

/** @returns what is wrong with the address that Twilio is told to call back, as a sentence */
export function twilioTrouble({ sandbox, twilio, publicUrl }: AppConfig): string | undefined {
  const isReal = !sandbox.providers.includes('twilio') && twilio.apiBaseUrl === undefined;
  const { hostname } = new URL(publicUrl);
  const isOnlyHere = hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
  if (!isReal || !isOnlyHere) return undefined;
  return `Twilio cannot reach ${publicUrl}, so no call will be connected. Set PUBLIC_URL to a public address.`;
}

/** What a newcomer needs to see first. */
export function startBanner({ config, hasDemoUser }: { config: AppConfig; hasDemoUser: boolean }): string {
  const { sandbox, publicUrl, host, port } = config;
  const local = localOrigin(host, port);
  const lines: [string, string][] = [['Address', local]];
  if (publicUrl !== local) lines.push(['Public address', publicUrl]);
  lines.push(['API', `${local}/docs`]);
  if (sandbox.enabled) {
    lines.push(['SANDBOX', `simulated: ${sandbox.providers.join(', ')} (no real calls, no costs)`]);
    if (sandbox.controlUrl !== undefined) lines.push(['Sandbox control', `${sandbox.controlUrl}/sandbox/calls`]);
  }
  const trouble = twilioTrouble(config);
  if (trouble !== undefined) lines.push(['WARNING', trouble]);
  if (hasDemoUser) lines.push(['Demo sign-in', `${DEMO_USER.email} / ${DEMO_USER.password}`]);
  if (hasDemoUser) lines.push(['First call', 'npm run call -- "+1 202 555 0100" sales']);
  const width = Math.max(...lines.map(([label]) => label.length));
  const body = lines.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`).join('\n');
  return `\nSpeech Assistant is ready.\n\n${body}\n\n`;
}
