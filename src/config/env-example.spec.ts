import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfig, SETTING_NAMES } from './app-config';

const text = readFileSync(join(__dirname, '..', '..', '.env.example'), 'utf8');

const namesIn = (part: string) => [...part.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name ?? '');

describe('.env.example', () => {
  const [ofTheServer = '', ofCompose = ''] = text.split('# --- docker compose alone');

  it('names every setting once, and nothing else', () => {
    expect(namesIn(ofTheServer).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('names what the compose file asks for', () => {
    const compose = readFileSync(join(__dirname, '..', '..', 'docker-compose.yml'), 'utf8');
    const asked = new Set([...compose.matchAll(/\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name ?? ''));
    const known = new Set([...namesIn(ofTheServer), ...namesIn(ofCompose)]);
    expect([...asked].filter((name) => !known.has(name))).toEqual([]);
    expect(namesIn(ofCompose).filter((name) => !asked.has(name))).toEqual([]);
  });

  it('explains every setting, or the group that it stands in', () => {
    const blocks = text.split(/\n(?=#)/).filter((block) => /^[A-Z]/m.test(block));
    for (const block of blocks) expect(block).toMatch(/^# \w/);
  });

  it('means the same as no settings at all', () => {
    const needed = {
      SECRET_KEY: 'secret',
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_PHONE_NUMBER: '+12025550000',
      OPENAI_API_KEY: 'key',
    };
    expect(readConfig({ ...parseEnv(text), ...needed })).toEqual(readConfig(needed));
  });
});
