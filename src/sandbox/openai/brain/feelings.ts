import type { SpokenLine } from './spoken-lines';

/** How the customer feels about it. */
export interface Feeling {
  /** -1 to 1, in hundredths; 0 when nothing was said of it, or as much for as against. */
  score: number;
  /** Both were said, and neither much more than the other. */
  isMixed: boolean;
}

/** English, German, French, Spanish; `*` stands for any ending. Words that mean something else in one of them are left out. */
const GLAD = wordList(`
  happy happier happily glad pleased delighted satisfied love loves loved lovely great good wonderful fantastic excellent
  amazing awesome perfect perfectly brilliant superb nice helpful friendly enjoy* grateful thankful appreciate* impressed
  relieved excited thrilled interested solved resolved fixed reliable positive
  zufrieden* glücklich* froh freue freut gefreut begeistert toll tolle toller tolles super wunderbar* ausgezeichnet*
  hervorragend* fantastisch* perfekt* großartig* gut gute guter gutes gefällt schön schöne schönes nett nette freundlich*
  hilfsbereit* dankbar* gelöst zuverlässig* genial* angenehm*
  content contente contents contentes satisfait* heureux heureuse ravi ravie ravis parfait* formidable magnifique
  merveilleu* bon bonne bons bonnes adore aime agréable gentil gentille sympa efficace utile résolu reconnaissant*
  contento contenta contentos contentas feliz felices satisfech* encanta encantad* excelente* perfecto perfecta
  maravillos* fantástic* estupend* buen bueno buena gusta agradecid* amable* útil resuelto agradable alegra
`);
const SORE = wordList(`
  unhappy sad angry upset annoy* frustrat* disappoint* furious hate hates hated dissatisfied unsatisfied displeased disgust*
  worried terrible horrible awful dreadful bad badly poor poorly worse worst unacceptable ridiculous outrageous useless rude
  unfriendly unhelpful impolite negative regret
  unzufrieden* unglücklich* wütend* sauer verärgert* ärgerlich* ärgere enttäusch* traurig* frustrier* genervt nervt hasse
  schlecht* schlimm* schrecklich* furchtbar* unverschämt* inakzeptabel* unfreundlich* mies* schade
  mécontent* déçu* décevant* décevoir fâché* furieu* énervé* triste* insatisfait* mauvais* affreu* nul nulle inacceptable*
  inadmissible* honteu* pire déteste agacé* malheureux malheureuse
  descontent* enfadad* enojad* decepcionad* furios* molest* insatisfech* fatal pésim* malo mala malos malas peor inaceptable*
  vergüenza odio
`);
/** No feeling, but what may give one. */
const TROUBLE = wordList(`
  problem* trouble* broken broke damaged defective faulty wrong late delay* missing lost slow complain* error* mistake* fail*
  crash* scam fraud overcharged expensive confus* stuck
  kaputt* defekt* falsch* verspät* fehlt fehler* beschwer* reklam* teuer langsam* beschädigt* verloren
  cassé* défectueu* retard* panne* erreur* plainte* endommagé* abîmé* manquant*
  roto rota rotos rotas defectuos* retras* queja* perdid* dañad* lento averiad* fallo* equivocad*
`);
/** Things are expected to do this: it says something only where they do not. */
const EXPECTED = wordList(`
  work works worked working help helps helped like liked arrived came delivered acceptable
  funktioniert funktionieren klappt hilft angekommen gekommen
  marche fonctionne arrivé arrivée funciona funcionan llega llegado sirve
`);

/** `ne … pas` is one negation; it is enough to find a part of it. */
const NEGATOR =
  /^(?:not|never|no|nor|neither|hardly|cannot|without|nothing|\p{L}+n't|nicht|kein(?:e[mnrs]?)?|nie|niemals|ohne|nichts|ne|n'\p{L}+|pas|jamais|sans|rien|aucune?|nunca|jamas|sin|nada|ni)$/u;
/** How many words before the one it denies a negator may stand: `not because it is so good`. */
const REACH = 5;
/** German denies a verb after it: `gefällt mir nicht`. */
const NEGATOR_AFTER = 'nicht';
const REACH_BACK = 3;
const GOOD = 1;
const BAD = -1;
const TROUBLED = -0.5;
/** What is not bad is not as good as what is good. */
const DENIED = -0.5;

/** Feeling words that tell of none, and what is said in several words, in letters without accents. */
const IDIOMS: readonly [RegExp, string][] = [
  [/\b(?:no|not an?|kein|pas de|sin|no hay) (?:problem(?:e|a)?s?|trouble|worries)\b|\b(?:don't|do not) worry\b/g, ','],
  [/\bwrong number\b|\bgood (?:time|question)\b|\bgute frage\b|\bbonne question\b|\bbuena pregunta\b/g, ','],
  [/\blate (?:in the )?(?:morning|afternoon|evening|night)\b/g, ','],
  [/(?:\bwould|'d) (?:love|hate|be (?:happy|glad|interested)) to\b/g, ','],
  [/\bcould(?:n't| not) (?:be|have been) (?:happier|better|more \p{L}+)/gu, 'happy'],
  [/\bnot only\b/g, ''],
  [/\b(?:do not|don't|did not|didn't) (?:think|believe|feel|find)(?: that)?\b/g, 'not'],
  [/\bfed up\b/g, 'annoyed'],
  [/\blet (?:me|us) down\b/g, 'disappointed'],
  // An answer, and no negation of what comes after it.
  [/\bno (?=(?:i|it|that|this|we|everything|all)\b)/g, ', '],
];
/** A clause of its own that only says that something was heard. */
const ACKNOWLEDGEMENT =
  /^(?:(?:okay|ok|oh|ah|yes|ja|na|oui|si|very|all|sehr|tres|muy) )*(?:good|gut|bon|bueno|buenas)$/;
const CLAUSE_END = /[.,;:!?…()\n]+|\s[-–—]\s|\b(?:and|but|or|und|aber|oder|sondern|et|mais|ou|pero|sino)\b/u;

/** What the customer's words tell. How it ended counts up to twice as much as how it began. */
export function feelingOf(lines: readonly SpokenLine[]): Feeling {
  const said = lines.filter((line) => line.isCustomer);
  let glad = 0;
  let sore = 0;
  said.forEach(({ text }, at) => {
    const weight = 1 + (at + 1) / said.length;
    for (const value of clausesIn(text).flatMap(feelingsIn)) {
      if (value > 0) glad += value * weight;
      else sore -= value * weight;
    }
  });
  const balance = glad - sore;
  const score = Math.round((balance / (glad + sore + 1)) * 100) / 100;
  return { score: score === 0 ? 0 : score, isMixed: Math.min(glad, sore) > Math.max(glad, sore) / 2 };
}

/** Whether a word names a feeling and nothing that one could have it about. */
export function isFeelingWord(word: string): boolean {
  return GLAD.test(plain(word)) || SORE.test(plain(word));
}

function clausesIn(text: string): string[] {
  let told = plain(text);
  for (const [idiom, meant] of IDIOMS) told = told.replace(idiom, meant);
  return told.split(CLAUSE_END).map((clause) => clause.trim());
}

function feelingsIn(clause: string): number[] {
  if (ACKNOWLEDGEMENT.test(clause)) return [];
  const words = clause.match(/\p{L}+(?:'\p{L}+)*/gu) ?? [];
  return words.flatMap((word, at) => {
    const before = words.slice(Math.max(0, at - REACH), at);
    const after = words.slice(at + 1, at + 1 + REACH_BACK);
    const isDenied = before.some((one) => NEGATOR.test(one)) || after.includes(NEGATOR_AFTER);
    const meant = word.replace(/^(?:[cdjlmst]|qu)'/, '');
    if (GLAD.test(meant)) return [isDenied ? BAD : GOOD];
    if (isDenied && EXPECTED.test(meant)) return [BAD];
    const value = SORE.test(meant) ? BAD : TROUBLE.test(meant) ? TROUBLED : 0;
    return value === 0 ? [] : [isDenied ? value * DENIED : value];
  });
}

function wordList(words: string): RegExp {
  return new RegExp(`^(?:${plain(words).trim().split(/\s+/).join('|').replaceAll('*', '\\p{L}*')})$`, 'u');
}

/** Small letters without accents, as the words of a list and those that were heard are compared. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[’‘]/g, "'").toLowerCase();
}
