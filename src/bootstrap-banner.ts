import type { RunningServer } from './bootstrap-server';
import { localOrigin } from './config/app-config';
import { DEMO_USER } from './demo-user';

/** What a newcomer needs to see first. */
export function startBanner({ config, hasDemoUser }: Pick<RunningServer, 'config' | 'hasDemoUser'>): string {
  const { sandbox, publicUrl, host, port } = config;
  const local = localOrigin(host, port);
  const lines: [string, string][] = [['Address', local]];
  if (publicUrl !== local) lines.push(['Public address', publicUrl]);
  lines.push(['API', `${local}/docs`]);
  if (sandbox.enabled) {
    lines.push(['SANDBOX', `simulated: ${sandbox.providers.join(', ')} (no real calls, no costs)`]);
    if (sandbox.controlUrl !== undefined) lines.push(['Sandbox control', `${sandbox.controlUrl}/sandbox/calls`]);
  }
  if (hasDemoUser) lines.push(['Demo sign-in', `${DEMO_USER.email} / ${DEMO_USER.password}`]);
  if (hasDemoUser) lines.push(['First call', 'npm run call -- "+1 202 555 0100" sales']);
  const width = Math.max(...lines.map(([label]) => label.length));
  const body = lines.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`).join('\n');
  return `\nSpeech Assistant is ready.\n\n${body}\n\n`;
}
