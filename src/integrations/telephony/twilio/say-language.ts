import type VoiceResponse from 'twilio/lib/twiml/VoiceResponse';

type SayLanguage = NonNullable<VoiceResponse.SayAttributes['language']>;
type SayVoice = NonNullable<VoiceResponse.SayAttributes['voice']>;

/**
 * The tags that <Say> knows for the languages of our own sentences, the usual one of each first (the SDK's type; Twilio
 * has no tag without a region).
 */
const SAY_LANGUAGES: Readonly<Record<string, readonly [SayLanguage, ...SayLanguage[]]>> = {
  ar: ['ar-XA', 'ar-AE'],
  cs: ['cs-CZ'],
  da: ['da-DK'],
  de: ['de-DE', 'de-AT'],
  el: ['el-GR'],
  en: ['en-US', 'en-AU', 'en-CA', 'en-GB', 'en-IE', 'en-IN', 'en-NZ', 'en-ZA'],
  es: ['es-ES', 'es-MX', 'es-US'],
  fi: ['fi-FI'],
  fr: ['fr-FR', 'fr-BE', 'fr-CA'],
  hi: ['hi-IN'],
  it: ['it-IT'],
  ja: ['ja-JP'],
  ko: ['ko-KR'],
  nb: ['nb-NO'],
  nl: ['nl-NL', 'nl-BE'],
  nn: ['nb-NO'],
  no: ['nb-NO'],
  pl: ['pl-PL'],
  pt: ['pt-PT', 'pt-BR'],
  ro: ['ro-RO'],
  ru: ['ru-RU'],
  sv: ['sv-SE'],
  tr: ['tr-TR'],
  uk: ['uk-UA'],
  zh: ['zh-CN', 'zh-HK', 'zh-TW'],
};

/** What <Say> is told about the language of a BCP 47 tag; undefined leaves it at Twilio's own, English. */
export function sayLanguage(tag: string): SayLanguage | undefined {
  const { language, region } = new Intl.Locale(tag);
  const known = SAY_LANGUAGES[language];
  return known?.find((each) => each === `${language}-${region ?? ''}`) ?? known?.[0];
}

/** One voice for the usual tag of each language; for others Twilio chooses. */
const SAY_VOICES: Readonly<Partial<Record<SayLanguage, SayVoice>>> = {
  'ar-XA': 'Google.ar-XA-Wavenet-A',
  'cs-CZ': 'Google.cs-CZ-Wavenet-A',
  'da-DK': 'Google.da-DK-Wavenet-A',
  'de-DE': 'Polly.Vicki-Neural',
  'el-GR': 'Google.el-GR-Wavenet-A',
  'en-US': 'Polly.Joanna-Neural',
  'es-ES': 'Polly.Lucia-Neural',
  'fi-FI': 'Polly.Suvi-Neural',
  'fr-FR': 'Polly.Lea-Neural',
  'hi-IN': 'Polly.Kajal-Neural',
  'it-IT': 'Polly.Bianca-Neural',
  'ja-JP': 'Polly.Tomoko-Neural',
  'ko-KR': 'Polly.Seoyeon-Neural',
  'nb-NO': 'Polly.Ida-Neural',
  'nl-NL': 'Polly.Laura-Neural',
  'pl-PL': 'Polly.Ola-Neural',
  'pt-PT': 'Polly.Ines-Neural',
  'ro-RO': 'Google.ro-RO-Wavenet-A',
  'ru-RU': 'Google.ru-RU-Wavenet-A',
  'sv-SE': 'Polly.Elin-Neural',
  'tr-TR': 'Polly.Burcu-Neural',
  'uk-UA': 'Google.uk-UA-Wavenet-A',
  'zh-CN': 'Polly.Zhiyu-Neural',
};

export function sayVoice(language: SayLanguage): SayVoice | undefined {
  return SAY_VOICES[language];
}
