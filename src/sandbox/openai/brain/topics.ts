import { isFeelingWord } from './feelings';
import type { SpokenLine } from './spoken-lines';
import { stemsOf } from './wording';

/** How many topics a conversation has at most, and how many of them may have been mentioned only once. */
const MOST = 5;
const ENOUGH = 3;
/** A pair of words that comes again says more than either of them. */
const PAIR_WEIGHT = 1.5;
const MIN_LETTERS = 3;
/** These write a word in one or two signs; Hiragana alone is grammar. */
const DENSE_SCRIPT = /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;
const MIN_DENSE_LETTERS = 2;

/** English (beside those of `wording.ts`), German, French, Spanish: words that stand in any conversation on the phone. */
const STOP_WORDS = new Set(
  `about after again ago all already also always and another any anybody anyone anything around ask away back because
    been before being best better between both bring bye came can cannot certainly come course did does doing done each
    either else enough even ever every everything few find fine first for from gave getting give goes going gone good
    got had hang happen happened has have hear hearing hello here hold how instead into just keep kind last least left
    less let like line little long look looking lot made make making many may maybe mean might moment morning much must
    name never new next nice not nothing now often once only open other over own people perhaps please possible probably
    put quite rather ready really right said same say saying see seem send sent several shall since some somebody
    someone something soon sorry speak speaking still such sure take talk talking tell thank thanks than that the them
    then there think this though thought through today together told tomorrow too took tried try trying until upon use
    used using wait waiting wanted wants was way welcome well went were whether while whole will wish with within
    without would yes yesterday yet afternoon evening tonight zero one two three four five six seven eight nine ten
    eleven twelve hundred thousand call called caller calling calls customer day days minute minutes month months number
    person phone second thing things time times week weeks word words year years
    aber alle alles als also am an anrufen auch auf aus bei beim bin bis bitte bist da dabei damit dann das dass dem den
    denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines
    einfach er es etwas euch für frage ganz geht gehen genau gerne gern gibt haben habe hallo hat hatte hatten heute
    hier hätte ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ist ja jetzt kann kein keine keinen können
    könnte könnten machen man mehr mein meine meinem meinen meiner mich mir mit morgen moment muss möchte nach natürlich
    nein nicht nichts noch nur ob oder ohne okay schon sehen sehr sein seine seit sich sie sind so soll sollte sowie
    sprechen telefon tun über uhr um und uns unser unsere vom von vor war waren warum was weil welche wenn wer werde
    werden wie wieder will wir wird wirklich wissen wo wollen worden wurde wäre würde zu zum zur zwei drei danke gestern
    überhaupt
    ai alors après as au aucun aujourd aussi autre aux avec avez avoir avons bien bonjour car ce cela ces cet cette chez
    chose comme comment dans de déjà demain depuis des deux dire dois donc du elle elles en encore est et étais était
    êtes être eu faire fait faut fois hier ici il ils je jour juste la là le les leur leurs lui ma mais me merci mes moi
    moins mon même ne non nos notre nous on ont ou où oui par parce parler pas peu peut peux plus pour pourquoi pouvez
    prendre quand que quel quelle quelque qui rien sa sais sans se sera ses si sont sous suis sur ta te tes tous tout
    toute toutes très trop trois tu un une va vais veux vers voilà vos votre voudrais vouloir vous vraiment
    ahora al algo algún alguna allí antes aquí así aún aunque ayer bien buenas buenos cada casi como con cosa cuando
    cuál cuánto cómo de decir del desde después día días donde dos dónde el ella ellos en entonces era es esa ese eso
    esta estaba estado están estar este esto estoy está favor fue gracias ha haber hablar había hace hacer hacia hasta
    hay hola hoy ir la las le les lo los luego mañana más me mi mis mucho muchas muy nada ni ningún no nos nosotros
    nuestra nuestro nunca o otra otro para pero poco por porque puede puedo pues que qué quiero quién quisiera sé se sea
    ser si sido sin sobre sólo solo son soy su sus sí también tan te tengo tenía tiene tienen toda todo todos tres tu tú
    un una uno unos usted ustedes va vale llega llegó llegado vamos ver vez voy y ya yo`.split(/\s+/),
);
/** What is talked about if it is about nothing else. */
const GENERAL_WORDS = new Set(
  'help helps issue issues problem problems question questions trouble work worked working works wrong'.split(' '),
);
/** People and companies that say who they are: `this is Mary from Acme`, `thank you for calling Acme`. */
const NAME = "\\p{Lu}[\\p{L}&'’-]*(?: \\p{Lu}[\\p{L}&'’-]*){0,2}";
const INTRODUCTION = new RegExp(
  "(?<!\\p{L})(?:[Tt]his is|[Mm]y name(?: is|['’]s)|I am|I['’]m|[Hh]ier (?:ist|spricht)|[Mm]ein Name ist|[Ii]ci|" +
    `[Jj]e m['’]appelle|[Ss]oy|[Mm]e llamo) (${NAME})(?:,? (?:calling )?(?:from|with|at|of|von|de|chez) (${NAME}))?|` +
    `(?<!\\p{L})(?:[Ww]elcome to|for calling) (${NAME})`,
  'gu',
);
/** Endings and beginnings that an apostrophe ties to a word; the negated verbs among them mean nothing here. */
const CONTRACTION = /^\p{L}+n't$|^\p{L}+'(?:re|ve|ll|d|m)$/u;
const ELISION = /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'|'s?$/gu;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

interface Candidate {
  /** As it was said first, in small letters. */
  label: string;
  stems: string[];
  count: number;
  isCustomers: boolean;
}

interface Limits {
  min?: number | undefined;
  max?: number | undefined;
}

/**
 * What a conversation is about: the meaningful words, and pairs of them, that come most often. Of equals a pair, then
 * what the customer has said, then what came first.
 */
export function topicsIn(lines: readonly SpokenLine[], { min = 0, max = Infinity }: Limits = {}): string[] {
  const most = Math.min(Math.max(MOST, min), max);
  const topics: string[] = [];
  const taken = new Set<string>();
  for (const { label, stems, count } of ranked(candidatesIn(lines))) {
    if (topics.length >= most || (count === 1 && topics.length >= Math.max(ENOUGH, min))) break;
    if (stems.some((stem) => taken.has(stem))) continue;
    topics.push(label);
    stems.forEach((stem) => taken.add(stem));
  }
  return topics;
}

/** The same out of a given list: those whose words were said. Where none was, the one that means none of them, or the first. */
export function topicsAmong(options: readonly string[], lines: readonly SpokenLine[], limits: Limits = {}): string[] {
  const counts = new Map<string, number>();
  for (const { stems, count } of candidatesIn(lines)) if (stems.length === 1) counts.set(stems[0] as string, count);
  if (counts.size === 0) return [];
  const said = options
    .map((option) => ({ option, count: timesSaid(option, counts) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ option }) => option);
  const none = options.find((option) => /^(?:others?|general|misc(?:ellaneous)?|none|unknown)$/i.test(option));
  return (said.length > 0 ? said : [none ?? options[0] ?? '']).slice(0, Math.min(MOST, limits.max ?? Infinity));
}

function timesSaid(option: string, counts: Map<string, number>): number {
  const words = option.replace(/[_-]/g, ' ').replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2');
  const meaningful = words.split(' ').filter((word) => isMeaningful(word.toLowerCase()));
  const times = [...stemsOf(meaningful.join(' '))].map((stem) => counts.get(stem) ?? 0);
  return times.length === 0 ? 0 : Math.min(...times);
}

function ranked(candidates: Candidate[]): Candidate[] {
  const weight = ({ stems, count }: Candidate) => (stems.length > 1 ? count * PAIR_WEIGHT : count);
  return candidates
    .filter(({ stems, count }) => stems.length === 1 || count > 1)
    .sort(
      (a, b) =>
        weight(b) - weight(a) || b.stems.length - a.stems.length || Number(b.isCustomers) - Number(a.isCustomers),
    );
}

function candidatesIn(lines: readonly SpokenLine[]): Candidate[] {
  const candidates = wordsAndPairs(lines, isMeaningful);
  return candidates.length > 0 ? candidates : wordsAndPairs(lines, isWord);
}

/** In the order in which they came. */
function wordsAndPairs(lines: readonly SpokenLine[], isWanted: (word: string) => boolean): Candidate[] {
  const names = stemsOf(lines.map(({ text }) => namesIn(text)).join(' '));
  const found = new Map<string, Candidate>();
  const add = (label: string, stems: string[], isCustomers: boolean) => {
    const known = found.get(stems.join(' '));
    if (!known) found.set(stems.join(' '), { label, stems, count: 1, isCustomers });
    else {
      known.count++;
      known.isCustomers ||= isCustomers;
    }
  };
  for (const { text, isCustomer } of lines) {
    let before: { word: string; stem: string } | undefined;
    for (const { segment, isWordLike } of segmenter.segment(text)) {
      if (!isWordLike) {
        if (segment.trim() !== '' && segment !== '-') before = undefined;
        continue;
      }
      const word = bare(segment);
      const [stem] = isWanted(word) ? stemsOf(word) : [];
      if (stem === undefined || names.has(stem)) {
        before = undefined;
        continue;
      }
      add(word, [stem], isCustomer);
      if (before && before.stem !== stem) add(`${before.word} ${word}`, [before.stem, stem], isCustomer);
      before = { word, stem };
    }
  }
  return [...found.values()];
}

function namesIn(text: string): string {
  return [...text.matchAll(INTRODUCTION)].flatMap(([, ...names]) => names.filter(Boolean)).join(' ');
}

function bare(word: string): string {
  const told = word.toLowerCase().normalize('NFC').replace(/[’‘]/g, "'");
  return CONTRACTION.test(told) ? '' : told.replace(ELISION, '');
}

function isMeaningful(word: string): boolean {
  return isWord(word) && !GENERAL_WORDS.has(word) && !isFeelingWord(word);
}

function isWord(word: string): boolean {
  if (STOP_WORDS.has(word) || /^\p{Script=Hiragana}+$/u.test(word)) return false;
  const letters = word.match(/\p{L}/gu)?.length ?? 0;
  return letters >= (DENSE_SCRIPT.test(word) ? MIN_DENSE_LETTERS : MIN_LETTERS);
}
