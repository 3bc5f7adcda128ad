import type { FixedSentences, Language, SayAs } from './language';
import { ar } from './table/ar';
import { bg } from './table/bg';
import { ca } from './table/ca';
import { cs } from './table/cs';
import { da } from './table/da';
import { de } from './table/de';
import { el } from './table/el';
import { en } from './table/en';
import { es } from './table/es';
import { fi } from './table/fi';
import { fil } from './table/fil';
import { fr } from './table/fr';
import { he } from './table/he';
import { hi } from './table/hi';
import { hu } from './table/hu';
import { id } from './table/id';
import { it } from './table/it';
import { ja } from './table/ja';
import { ko } from './table/ko';
import { ms } from './table/ms';
import { nb } from './table/nb';
import { nl } from './table/nl';
import { pl } from './table/pl';
import { pt } from './table/pt';
import { ro } from './table/ro';
import { ru } from './table/ru';
import { sk } from './table/sk';
import { sv } from './table/sv';
import { th } from './table/th';
import { tr } from './table/tr';
import { uk } from './table/uk';
import { vi } from './table/vi';
import { zh } from './table/zh';

/** THE languages of the product, by primary BCP 47 subtag. */
export const LANGUAGES: Readonly<Record<string, Language>> = {
  en,
  es,
  fr,
  de,
  it,
  pt,
  ca,
  ro,
  nl,
  sv,
  da,
  nb,
  fi,
  pl,
  cs,
  sk,
  hu,
  el,
  tr,
  ru,
  uk,
  bg,
  ar,
  he,
  hi,
  ja,
  zh,
  ko,
  vi,
  th,
  id,
  ms,
  fil,
};

/** A fixed sentence, and the language to read it in (BCP 47). */
export interface SentenceIn {
  sentence: string;
  language: string;
}

/** The primary subtag of a BCP 47 tag: `en` of `en-US`. Norwegian is one language here. */
export function primaryLanguage(tag: string): string {
  const { language } = new Intl.Locale(tag);
  return language === 'no' || language === 'nn' ? 'nb' : language;
}

/** All fixed sentences of the language of a tag; English where we have none of it. */
export function sentencesOf(tag: string): FixedSentences {
  return (LANGUAGES[primaryLanguage(tag)] ?? en).sentences;
}

/** Who speaks, and for whom. `name` loses the quotes that would end a quotation. */
export function disclosureIn(tag: string, name: string): string {
  const plainName = name.replace(/["“”\s]+/g, ' ').trim();
  // A function, because a name may hold what a replacement would read as a pattern.
  return sentencesOf(tag).disclosure.replace('{name}', () => plainName);
}

export function sentenceIn(tag: string, sentence: keyof FixedSentences): SentenceIn {
  const isOurs = LANGUAGES[primaryLanguage(tag)] !== undefined;
  return { sentence: sentencesOf(tag)[sentence], language: isOurs ? tag : 'en-US' };
}

/** How the carrier reads a tag aloud: its region where the carrier has it; undefined for a language that we have no sentences of. */
export function sayAs(tag: string): SayAs | undefined {
  const primary = primaryLanguage(tag);
  const known = LANGUAGES[primary]?.say;
  const regional = `${primary}-${new Intl.Locale(tag).region ?? ''}`;
  return known?.find((each) => each.tag === regional) ?? known?.[0];
}

/** Codes that OpenAI's transcribers know; any other makes them refuse the whole session configuration. */
const TRANSCRIBED = new Set(
  'af ar az be bg bs ca cs cy da de el en es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk mr ms ne nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh'.split(
    ' ',
  ),
);
const TRANSCRIBED_AS: Readonly<Record<string, string>> = { nb: 'no', fil: 'tl' };

/** The language to tell the transcriber; undefined where it has to find out by itself. */
export function transcriberLanguage(tag: string): string | undefined {
  const primary = primaryLanguage(tag);
  const code = TRANSCRIBED_AS[primary] ?? primary;
  return TRANSCRIBED.has(code) ? code : undefined;
}
