import type { BrainTurn } from './brain/brain.port';
import { customersName, customersOrder, openPromises, outcomeOf } from './brain/call-record';
import { feelingOf, type Feeling } from './brain/feelings';
import { nameIn } from './brain/order';
import { spokenLines, type SpokenLine } from './brain/spoken-lines';
import { isRecord, propertiesOf, valueFor } from './brain/tool-calls';
import { topicsAmong, topicsIn } from './brain/topics';
import { overlap, sentencesIn, stemsOf } from './brain/wording';

type Schema = Record<string, unknown>;

interface Conversation {
  text: string;
  lines: SpokenLine[];
  feeling: Feeling;
}

/** Where a value stands: its own key and those of the objects around it. */
interface Place {
  key: string;
  within: string;
}

const TOPICS = /\b(?:topics?|tags?|key ?words?|labels?|themes?|subjects?)\b/;
const FEELING = /\b(?:sentiments?|feelings?|moods?|emotions?|emotional)\b/;
const SCORE = /\b(?:scores?|value|valence|polarity|rating)\b/;
/** Numbers about a feeling that are no measure of it. */
const NO_SCORE = /\b(?:confidence|certainty|probability|counts?|percent(?:age)?|ms|seconds|at|index|id)\b/;
/** `from -1 (very negative) over 0 to 1`, `-1.0 … +1.0`, `[-1, 1]` */
const MINUS_ONE_TO_ONE = /(?<!\d)[-−]1(?:\.0+)?(?!\.?\d)[^]{0,60}?(?<![\d−-]|\d\.)\+?1(?:\.0+)?(?!\.?\d)/;
/** A wider range says no more than what kind of number it is. */
const WIDEST_RANGE = 1000;
/** Stands for a topic that has to be there when nothing was said. */
const NO_TOPIC = 'general';

/** An object that conforms to a JSON Schema, filled from a conversation where the words of a key are found in it. */
export function structuredAnswer(schema: unknown, turns: readonly BrainTurn[]): unknown {
  const lines = spokenLines(turns);
  const text = turns.flatMap((turn) => ('text' in turn ? [turn.text] : [])).join('\n');
  return fill({ key: '', within: '' }, schema, { text, lines, feeling: feelingOf(lines) });
}

function fill(place: Place, schema: unknown, talk: Conversation): unknown {
  if (!isRecord(schema)) return null;
  const { key } = place;
  const properties = propertiesOf(schema);
  if (Object.keys(properties).length > 0) {
    const within = `${place.within} ${wordsOf(key)}`;
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, fill({ key: name, within }, property, talk)]),
    );
  }
  const judged = judge(place, schema, talk) ?? fromCall(place, schema, talk);
  if (judged !== undefined) return judged;
  const found = passageFor(key, schema, talk.text);
  if (found === '' && admitsNull(schema)) return null;
  if (Array.isArray(schema['enum'])) return valueFor(key, schema, found || talk.text);
  return valueFor(key, schema, found);
}

/** What has to be concluded from the whole conversation and stands in no passage of it; undefined if nothing has. */
function judge(place: Place, schema: Schema, { lines, feeling }: Conversation): unknown {
  const own = withoutNull(schema);
  const types = Array.isArray(own['type']) ? (own['type'] as unknown[]) : [own['type']];
  if (Array.isArray(own['enum'])) return feelingAmong(own['enum'], feeling);
  if (types.includes('number') || types.includes('integer')) {
    const description = `${described(schema)} ${described(own)}`;
    const isScore = isFeelingScore(place, description);
    return isScore ? scoreWithin(own, feeling.score, types.includes('number')) : undefined;
  }
  if (!types.includes('array') || !TOPICS.test(wordsOf(place.key))) return undefined;
  const items = own['items'] ?? {};
  if (!isRecord(items) || (items['type'] !== undefined && items['type'] !== 'string')) return undefined;
  const topics = topicsFor(items, { min: limit(own, 'minItems'), max: limit(own, 'maxItems') }, lines);
  return topics.length === 0 && admitsNull(schema) ? null : topics;
}

/** What the record of a call says; undefined where it is not asked for. */
function fromCall({ key }: Place, schema: Schema, { lines, text }: Conversation): unknown {
  const own = withoutNull(schema);
  const types: unknown[] = Array.isArray(own['type']) ? own['type'] : [own['type']];
  const words = wordsOf(key);
  if (words === 'outcome' && Array.isArray(own['enum'])) {
    const outcome = outcomeOf(lines);
    return own['enum'].includes(outcome) ? outcome : undefined;
  }
  if (types.includes('array')) {
    if (/\bpromises?\b/.test(words)) return openPromises(lines, text);
    const properties = propertiesOf(own['items']);
    if (!('name' in properties && 'quantity' in properties)) return undefined;
    const items = customersOrder(lines).lines.map((line) => ({ ...line, notes: line.notes || null }));
    return items.length === 0 && admitsNull(schema) ? null : items.map((item) => only(properties, item));
  }
  if (!types.includes('string')) return undefined;
  if (/\bcustomer name\b/.test(words)) return customersName(lines) || (admitsNull(schema) ? null : '');
  if (/\baddress\b/.test(words)) return customersOrder(lines).address || (admitsNull(schema) ? null : '');
  return undefined;
}

function only(properties: Schema, item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).filter(([name]) => name in properties));
}

function feelingAmong(options: readonly unknown[], { score, isMixed }: Feeling): unknown {
  const called = (name: string) => options.find((one) => typeof one === 'string' && one.toLowerCase() === name);
  const positive = called('positive');
  const negative = called('negative');
  if (positive === undefined || negative === undefined) return undefined;
  const even = called('neutral') ?? called('mixed') ?? (options.includes(null) ? null : positive);
  const felt = score === 0 ? even : score > 0 ? positive : negative;
  return isMixed ? (called('mixed') ?? felt) : felt;
}

function isFeelingScore({ key, within }: Place, description: string): boolean {
  const words = wordsOf(key);
  if (MINUS_ONE_TO_ONE.test(description)) return true;
  if (NO_SCORE.test(words)) return false;
  return FEELING.test(words) || (SCORE.test(`${words} ${description}`) && FEELING.test(`${within} ${description}`));
}

/** From -1 to 1, or in the range of the schema with nothing felt in its middle. */
function scoreWithin(schema: Schema, score: number, hasFractions: boolean): number {
  const bounds = [limit(schema, 'minimum') ?? -1, limit(schema, 'maximum') ?? 1] as const;
  const [min, max] = bounds[1] - bounds[0] > WIDEST_RANGE ? [-1, 1] : bounds;
  const middle = (min + max) / 2;
  const value = middle + (score * (max - min)) / 2;
  if (hasFractions) return Math.round(value * 100) / 100;
  // Away from the middle, so that a little that is felt does not become nothing.
  return score > 0 ? Math.ceil(value) : score < 0 ? Math.floor(value) : Math.round(middle);
}

function topicsFor(items: Schema, limits: { min?: number | undefined; max?: number | undefined }, lines: SpokenLine[]) {
  const options = Array.isArray(items['enum']) ? items['enum'].filter((one) => typeof one === 'string') : undefined;
  const topics = options ? topicsAmong(options, lines, limits) : topicsIn(lines, limits);
  const spare = options?.filter((option) => !topics.includes(option)) ?? [];
  for (let padding = 1; topics.length < (limits.min ?? 0); padding++) {
    topics.push(spare.shift() ?? options?.[0] ?? (padding === 1 ? NO_TOPIC : `${NO_TOPIC} ${padding}`));
  }
  return topics;
}

function limit(schema: Schema, keyword: string): number | undefined {
  return typeof schema[keyword] === 'number' ? schema[keyword] : undefined;
}

function described(schema: Schema): string {
  return typeof schema['description'] === 'string' ? schema['description'].toLowerCase() : '';
}

/** Of a schema that admits null beside one other thing, that thing. */
function withoutNull(schema: Schema): Schema {
  const union: unknown = schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(union)) return schema;
  const others = union.filter((one) => isRecord(one) && one['type'] !== 'null');
  return others.length === 1 && isRecord(others[0]) ? others[0] : schema;
}

function admitsNull(schema: Schema): boolean {
  if (Array.isArray(schema['type'])) return schema['type'].includes('null');
  const union = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(union) && union.some((one) => isRecord(one) && one['type'] === 'null');
}

/** `customerName`, `customer_name` -> `customer name` */
function wordsOf(key: string): string {
  return key
    .replace(/[_-]/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

/** The words of the conversation that a key asks for. */
function passageFor(key: string, schema: Schema, text: string): string {
  const words = wordsOf(key);
  const stated = new RegExp(`\\b${words.replace(/\W+/g, '\\W')}\\s*(?::|\\bis\\b)\\s*([^\\n.;]+)`, 'i').exec(text)?.[1];
  if (stated) return stated.trim();
  const sentences = sentencesIn(text);
  if (/summary|overview|gist|abstract/i.test(key)) return sentences.slice(0, 2).join(' ');
  if (/reply|response|answer|transcri|text/i.test(key)) return sentences[sentences.length - 1] ?? '';
  if (/name/i.test(key)) return nameIn(text);
  const wanted = stemsOf(`${words} ${described(schema)}`);
  return sentences.find((sentence) => overlap(wanted, stemsOf(sentence)) > 0) ?? '';
}
