/**
 * Which languages and voices <Say> knows (https://www.twilio.com/docs/voice/twiml/say/text-speech). A spec compares them with
 * the SDK's types.
 */

/** What is wrong with the attributes of a <Say>, as a line in the debugger. */
export interface SayProblem {
  code: number;
  message: string;
}

const INVALID_VOICE = 13511;
/** The dictionary has no code for the language of <Say>; its schema refuses an attribute's value so. */
const INVALID_ATTRIBUTE = 12200;

const LANGUAGES: ReadonlySet<string> = new Set(
  (
    'af-ZA am-ET ar-AE ar-XA arb bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE el-GR en-AU en-CA en-GB ' +
    'en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-ES es-MX es-US fi-FI fil-PH fr-BE fr-CA fr-FR gu-IN he-IL hi-IN hu-HU ' +
    'id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV ml-IN mr-IN ms-MY nb-NO nl-BE nl-NL pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU ' +
    'sk-SK sr-RS sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-HK zh-TW'
  ).split(' '),
);

/** The names of Amazon's voices, by what they speak. `Polly.<name>`, with `-Neural` or `-Generative` where there is one. */
const POLLY: Readonly<Record<string, string>> = {
  'ar-AE': 'Hala Zayd',
  arb: 'Zeina',
  'ca-ES': 'Arlet',
  'cmn-CN': 'Zhiyu',
  'cy-GB': 'Gwyneth',
  'da-DK': 'Mads Naja Sofie',
  'de-AT': 'Hannah',
  'de-DE': 'Daniel Hans Marlene Vicki',
  'en-AU': 'Nicole Olivia Russell',
  'en-GB': 'Amy Arthur Brian Emma',
  'en-GB-WLS': 'Geraint',
  'en-IE': 'Niamh',
  'en-IN': 'Aditi Kajal Raveena',
  'en-NZ': 'Aria',
  'en-US': 'Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli Stephen',
  'en-ZA': 'Ayanda',
  'es-ES': 'Conchita Enrique Lucia Sergio',
  'es-MX': 'Andres Mia Mía',
  'es-US': 'Lupe Miguel Pedro Penelope',
  'fi-FI': 'Suvi',
  'fr-BE': 'Isabelle',
  'fr-CA': 'Chantal Gabrielle Liam',
  'fr-FR': 'Celine Lea Mathieu Remi Rémi',
  'hi-IN': 'Aditi Kajal',
  'is-IS': 'Dora Karl',
  'it-IT': 'Adriano Bianca Carla Giorgio',
  'ja-JP': 'Kazuha Mizuki Takumi Tomoko',
  'ko-KR': 'Seoyeon',
  'nb-NO': 'Ida Liv',
  'nl-BE': 'Lisa',
  'nl-NL': 'Laura Lotte Ruben',
  'pl-PL': 'Ewa Jacek Jan Maja Ola',
  'pt-BR': 'Camila Ricardo Thiago Vitoria',
  'pt-PT': 'Cristiano Ines',
  'ro-RO': 'Carmen',
  'ru-RU': 'Maxim Tatyana',
  'sv-SE': 'Astrid Elin',
  'tr-TR': 'Burcu Filiz',
  'yue-HK': 'Hiujin',
};

/** Voices that speak no language of their own. */
const BASIC = new Set(['man', 'woman', 'alice']);
/** Several names of one language. */
const SAME: Readonly<Record<string, string>> = {
  'zh-CN': 'cmn-CN',
  'zh-TW': 'cmn-TW',
  'zh-HK': 'yue-HK',
  arb: 'ar-XA',
};

const SPOKEN_BY: ReadonlyMap<string, readonly string[]> = spokenBy();

/** Null where Twilio would say it. */
export function sayProblem({ language, voice }: Readonly<Record<string, string | undefined>>): SayProblem | null {
  if (language !== undefined && !LANGUAGES.has(language)) {
    return { code: INVALID_ATTRIBUTE, message: `<Say> knows no language "${language}"; nothing is said.` };
  }
  if (voice === undefined || BASIC.has(voice)) return null;
  const languages = languagesOf(voice);
  if (languages === null) return { code: INVALID_VOICE, message: `<Say> knows no voice "${voice}"; nothing is said.` };
  if (language === undefined || languages.map(sameAs).includes(sameAs(language))) return null;
  return { code: INVALID_VOICE, message: `The voice "${voice}" does not speak ${language}; nothing is said.` };
}

/** Null for a voice that does not exist. */
function languagesOf(voice: string): readonly string[] | null {
  const google = /^Google\.([a-z]{2,3}-[A-Za-z]{2})-(?:(?:Standard|Wavenet|Neural2)-[A-Z]|Chirp3-HD-[A-Z][a-z]+)$/.exec(
    voice,
  );
  if (google?.[1] !== undefined) return [google[1].replace(/[a-z]+$/, (region) => region.toUpperCase())];
  const polly = /^Polly\.(\p{Lu}\p{Ll}+)(?:-Neural|-Generative)?$/u.exec(voice);
  return (polly?.[1] !== undefined && SPOKEN_BY.get(polly[1])) || null;
}

function sameAs(language: string): string {
  return SAME[language] ?? language;
}

function spokenBy(): Map<string, string[]> {
  const languages = new Map<string, string[]>();
  for (const [language, names] of Object.entries(POLLY)) {
    for (const name of names.split(' ')) languages.set(name, [...(languages.get(name) ?? []), language]);
  }
  return languages;
}
