/** Which of the languages of our fixed sentences somebody speaks. */

/** Common words of phone calls, first words above all. A word that several languages have counts for each of them, less. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'hello hi yes no this is who what when where why how the and you your i am im have has can could would want need please thank thanks speaking speak about with for my are it its do does not dont good morning afternoon like open today tomorrow calling',
  es: 'hola buenos buenas días dias tardes noches quién quien qué que cómo como está estoy es soy sí si no gracias por favor quiero quisiera necesito puede puedo hablar habla hablo español cuándo dónde una un el la los las con para mi me usted tiene hay muy bien dígame diga',
  fr: 'bonjour bonsoir allô allo oui non merci je suis vous êtes est qui que quoi comment pourquoi quand où avec pour une un le la les des mon ma voudrais veux peux parler français parlez bien très pas ne ça cela appelle avez il elle',
  de: 'hallo guten tag morgen abend ja nein danke bitte ich bin sie sind ist wer was wann wo wie warum und mit für eine ein der die das nicht möchte will kann können sprechen spricht deutsch haben habe mein meine gerne heute auch noch',
  it: 'pronto ciao buongiorno buonasera sì si no grazie prego per favore sono è chi che cosa come quando dove perché con una un il lo la gli vorrei voglio posso può parlare parla italiano mio mia bene molto non avete',
  pt: 'olá bom boa dia tarde noite sim não obrigado obrigada por favor eu sou estou é quem que quê como quando onde com uma um o a os as queria quero preciso posso pode falar fala português meu minha muito bem você senhor tem alô',
  nl: 'hallo goedemorgen goedemiddag goedendag dag ja nee dank bedankt alstublieft ik ben u bent is wie wat wanneer waar hoe waarom en met voor een de het niet wil graag kan kunnen spreken spreekt nederlands heeft hebben mijn ook nog',
  pl: 'halo dzień dobry wieczór tak nie dziękuję proszę jestem jest kto co kiedy gdzie jak dlaczego z dla chcę chciałbym chciałabym mogę może mówić mówi polsku mój moja bardzo dobrze pan pani ma czy się to',
  sv: 'hallå hej god morgon dag ja nej tack jag är du ni det vem vad när var hur varför och med för en ett inte vill kan prata tala talar svenska har min mitt också gärna någon',
  da: 'hallo hej godmorgen goddag ja nej tak jeg er du det hvem hvad hvornår hvor hvordan hvorfor og med for en et ikke vil kan tale taler dansk har min mit også gerne noget',
  nb: 'hallo hei god morgen dag ja nei takk jeg er du det hvem hva når hvor hvordan hvorfor og med for en et ikke vil kan snakke snakker norsk har min mitt også gjerne noe',
  fi: 'haloo hei moi terve hyvää huomenta päivää kyllä joo ei kiitos minä olen sinä te on kuka mikä mitä milloin missä miten miksi ja kanssa haluaisin haluan voin voisin puhua puhun puhutteko suomea minun myös täällä',
  cs: 'haló ahoj dobrý den ráno večer ano ne děkuji prosím jsem jste je kdo co kdy kde jak proč a s pro chci chtěl chtěla můžu mohu můžete mluvit mluvím česky můj moje velmi dobře máte to se',
  ro: 'alo bună ziua dimineața seara da nu mulțumesc vă rog sunt este cine ce când unde cum de și cu pentru o un vreau doresc pot puteți vorbi vorbesc română meu mea foarte bine aveți să',
  tr: 'alo merhaba iyi günler akşamlar günaydın evet hayır teşekkürler teşekkür ederim lütfen ben siz kim ne zaman nerede nasıl neden ve ile için bir istiyorum konuşmak konuşuyor türkçe var yok benim çok',
  ru: 'алло здравствуйте добрый день привет да нет спасибо пожалуйста я вы это кто что когда где как почему и с для хочу хотел хотела могу можно говорить говорите русски мой моя очень хорошо меня вас у',
  uk: 'алло вітаю добрий день привіт так ні дякую будь ласка я ви це хто що коли де як чому і з для хочу хотів хотіла можу можна говорити розмовляєте українською мій моя дуже добре мене вас у',
};

/** Letters that only few languages have, and what each is worth. */
const LETTERS: Readonly<Record<string, readonly [letters: RegExp, worth: number]>> = {
  es: [/[ñ¿¡]/gu, 1.5],
  fr: [/[êœù]|[cdjlmnst]['’][aeéhiou]/giu, 0.8],
  de: [/ß/giu, 1.5],
  it: [/[ìò]/giu, 0.8],
  pt: [/[ãõ]/giu, 1.2],
  pl: [/[łąęśźżćń]/giu, 1.2],
  cs: [/[řěů]/giu, 1.5],
  ro: [/[țăș]/giu, 1.2],
  tr: [/[ğış]/gu, 1],
  da: [/[æø]/giu, 0.4],
  nb: [/[æø]/giu, 0.4],
  uk: [/[іїєґ]/giu, 1.5],
  ru: [/[ыэёъ]/giu, 1.5],
};

/** Scripts that one of the languages has. */
const SCRIPTS: readonly (readonly [language: string, letters: RegExp])[] = [
  ['ko', /\p{Script=Hangul}/gu],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
  ['el', /\p{Script=Greek}/gu],
];
const HAN = /\p{Script=Han}/gu;
const MIN_LETTERS = 3;
/** Japanese is written with Chinese characters, but never with them alone for long. */
const MIN_HAN = 4;

/** Of the best: about two words that no other language has. */
const ENOUGH = 2;
/** Above the next one. */
const AHEAD = 1;
/** Whoever has said so much and was not understood is not asked any more. */
const MOST_TURNS = 4;

const LANGUAGES_OF_WORD: ReadonlyMap<string, readonly string[]> = wordsByLanguage();

/** By primary subtags. */
export const HEARD_LANGUAGES: readonly string[] = [
  ...Object.keys(WORDS),
  ...SCRIPTS.map(([language]) => language),
  'zh',
];

/**
 * Listens to the first things that somebody says, until it is sure which language that is, or gives up. What it has decided stays:
 * a conversation changes its language once.
 */
export class LanguageEar {
  private readonly scores = new Map<string, number>();
  private turns = 0;
  private decided: string | null = null;

  /** The primary subtag of what was spoken; null where nobody knows. */
  get language(): string | null {
    return this.decided;
  }

  /** @returns the language, where this has just decided it */
  hear(text: string): string | null {
    if (this.decided !== null || this.turns >= MOST_TURNS) return null;
    this.turns++;
    this.decided = byScript(text) ?? this.byWords(text);
    return this.decided;
  }

  private byWords(text: string): string | null {
    for (const word of text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? []) {
      const languages = LANGUAGES_OF_WORD.get(word) ?? [];
      for (const language of languages) this.add(language, 1 / languages.length);
    }
    for (const [language, [letters, worth]] of Object.entries(LETTERS)) {
      const found = text.match(letters)?.length ?? 0;
      if (found > 0) this.add(language, Math.min(found, 2) * worth);
    }
    const [best, next] = [...this.scores].sort(([, a], [, b]) => b - a);
    if (best === undefined || best[1] < ENOUGH || best[1] - (next?.[1] ?? 0) < AHEAD) return null;
    return best[0];
  }

  private add(language: string, score: number): void {
    this.scores.set(language, (this.scores.get(language) ?? 0) + score);
  }
}

function byScript(text: string): string | null {
  const count = (letters: RegExp) => text.match(letters)?.length ?? 0;
  const found = SCRIPTS.find(([, letters]) => count(letters) >= MIN_LETTERS);
  if (found !== undefined) return found[0];
  return count(HAN) >= MIN_HAN ? 'zh' : null;
}

function wordsByLanguage(): Map<string, string[]> {
  const languages = new Map<string, string[]>();
  for (const [language, words] of Object.entries(WORDS)) {
    for (const word of new Set(words.split(' '))) languages.set(word, [...(languages.get(word) ?? []), language]);
  }
  return languages;
}
