/** PostgreSQL's configurations by language, as far as it has rules for the language. */
const CONFIGS: Readonly<Record<string, string>> = {
  ar: 'arabic',
  hy: 'armenian',
  eu: 'basque',
  ca: 'catalan',
  da: 'danish',
  nl: 'dutch',
  en: 'english',
  fi: 'finnish',
  fr: 'french',
  de: 'german',
  el: 'greek',
  hi: 'hindi',
  hu: 'hungarian',
  id: 'indonesian',
  ga: 'irish',
  it: 'italian',
  lt: 'lithuanian',
  ne: 'nepali',
  nb: 'norwegian',
  nn: 'norwegian',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sr: 'serbian',
  es: 'spanish',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
  yi: 'yiddish',
};

/** Words as they are, without a rule of any language. */
const PLAIN_CONFIG = 'simple';

/** The rules by which a text is searched. @param languageCode BCP 47, such as en-US */
export function searchConfigOf(languageCode: string): string {
  const [language = ''] = languageCode.toLowerCase().split(/[-_]/);
  return CONFIGS[language] ?? PLAIN_CONFIG;
}
