import type VoiceResponse from 'twilio/lib/twiml/VoiceResponse';

type SayLanguage = NonNullable<VoiceResponse.SayAttributes['language']>;

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
