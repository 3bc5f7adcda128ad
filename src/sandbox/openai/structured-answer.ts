import { nameIn } from './brain/order';
import { isRecord, propertiesOf, valueFor } from './brain/tool-calls';
import { overlap, sentencesIn, stemsOf } from './brain/wording';

/** An object that conforms to a JSON Schema, filled from a conversation where the words of a key are found in it. */
export function structuredAnswer(schema: unknown, text: string): unknown {
  return fill('', schema, text);
}

function fill(key: string, schema: unknown, text: string): unknown {
  if (!isRecord(schema)) return null;
  const properties = propertiesOf(schema);
  if (Object.keys(properties).length > 0) {
    return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, fill(name, property, text)]));
  }
  const found = passageFor(key, schema, text);
  if (found === '' && admitsNull(schema)) return null;
  if (Array.isArray(schema['enum'])) return valueFor(key, schema, found || text);
  return valueFor(key, schema, found);
}

function admitsNull(schema: Record<string, unknown>): boolean {
  if (Array.isArray(schema['type'])) return schema['type'].includes('null');
  const union = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(union) && union.some((one) => isRecord(one) && one['type'] === 'null');
}

/** The words of the conversation that a key asks for. */
function passageFor(key: string, schema: Record<string, unknown>, text: string): string {
  const words = key.replace(/[_-]/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2');
  const stated = new RegExp(`\\b${words.replace(/\W+/g, '\\W')}\\s*(?::|\\bis\\b)\\s*([^\\n.;]+)`, 'i').exec(text)?.[1];
  if (stated) return stated.trim();
  const sentences = sentencesIn(text);
  if (/summary|overview|gist|abstract/i.test(key)) return sentences.slice(0, 2).join(' ');
  if (/reply|response|answer|transcri|text/i.test(key)) return sentences[sentences.length - 1] ?? '';
  if (/name/i.test(key)) return nameIn(text);
  const description = typeof schema['description'] === 'string' ? schema['description'] : '';
  const wanted = stemsOf(`${words} ${description}`);
  return sentences.find((sentence) => overlap(wanted, stemsOf(sentence)) > 0) ?? '';
}
