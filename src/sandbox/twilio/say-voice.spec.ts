import { readFileSync } from 'node:fs';
import { sayProblem } from './say-voice';

const TYPES = readFileSync(require.resolve('twilio/lib/twiml/VoiceResponse.d.ts'), 'utf8');
/** The members of a union of strings in the SDK's types. */
const members = (name: string) =>
  [...(new RegExp(`type ${name} = ([^;]+);`).exec(TYPES)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(
    ([, member]) => member ?? '',
  );

describe('what <Say> knows', () => {
  it('are the languages of the SDK, and no other', () => {
    const languages = members('SayLanguage');
    expect(languages.length).toBeGreaterThan(60);
    expect(languages.filter((language) => sayProblem({ language }) !== null)).toEqual([]);
  });

  it('are the voices of the SDK', () => {
    const voices = members('SayVoice');
    expect(voices.length).toBeGreaterThan(800);
    expect(voices.filter((voice) => sayProblem({ voice }) !== null)).toEqual([]);
  });

  it.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ voice: 'alice', language: 'fr-FR' }, undefined],
    [{ voice: 'Polly.Vicki-Neural', language: 'de-DE' }, undefined],
    [{ voice: 'Polly.Zhiyu-Neural', language: 'zh-CN' }, undefined],
    [{ voice: 'Google.cmn-TW-Wavenet-A', language: 'zh-TW' }, undefined],
    [{ voice: 'Polly.Vicki-Neural' }, undefined],
    [{ language: 'de' }, 12200],
    [{ language: 'hr-HR' }, 12200],
    [{ language: '' }, 12200],
    [{ voice: 'Polly.Nobody', language: 'de-DE' }, 13511],
    [{ voice: 'Google.de-DE-Wavenet', language: 'de-DE' }, 13511],
    [{ voice: 'Polly.Vicki-Neural', language: 'es-ES' }, 13511],
    [{ voice: 'Google.es-US-Wavenet-A', language: 'es-ES' }, 13511],
  ])('%j: %s', (attributes, code) => {
    expect(sayProblem(attributes)?.code).toBe(code);
  });
});
