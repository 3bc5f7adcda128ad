import type { BrainPart, BrainTool } from './brain.port';
import { isOrderEmpty, linesIn, nameIn, orderIn, type Order } from './order';
import { overlap, stemsOf } from './wording';

type Schema = Record<string, unknown>;

const ENDS_CALL =
  /\b(?:end|ends|hang|hangs|finish|terminate|disconnect)[_ -]?(?:up)?[_ -]?(?:the |this )?(?:phone )?(?:call|conversation|line)?\b/i;

/** The tool with which the model hangs up, if it has one. */
export function endCallTool(tools: BrainTool[]): BrainTool | undefined {
  return (
    tools.find((tool) => /^(?:end|hang_?up|finish|terminate)(?:_?(?:the_?)?call)?$/i.test(tool.name)) ??
    tools.find((tool) => /\bcall\b|\bhang/i.test(tool.description) && ENDS_CALL.test(tool.description))
  );
}

/** A tool that takes a list of things with quantities. */
export function orderTool(tools: BrainTool[]): BrainTool | undefined {
  return tools.find((tool) => itemsProperty(tool) !== undefined);
}

/** The call that records what has been ordered, when the last words of the person have changed it. */
export function orderCall(tool: BrainTool, utterances: string[]): BrainPart | undefined {
  const last = utterances[utterances.length - 1] ?? '';
  const before = orderIn(utterances.slice(0, -1));
  const now = orderIn(utterances);
  if (isOrderEmpty(now) && isOrderEmpty(before)) return undefined;
  if (JSON.stringify(before) === JSON.stringify(now)) return undefined;
  const addsOnly = /\b(?:adds?|append)\b/i.test(tool.description) && !/\b(?:whole|all|replace)/i.test(tool.description);
  const order = addsOnly && linesIn(last).length > 0 ? { ...now, lines: orderIn([last]).lines } : now;
  return { kind: 'call', name: tool.name, arguments: orderArguments(tool, order) };
}

/** A tool whose name or description the person's words meet, with arguments after its schema. */
export function matchingCall(tools: BrainTool[], utterance: string): BrainPart | undefined {
  const said = stemsOf(utterance);
  let best: { tool: BrainTool; score: number } | undefined;
  for (const tool of tools) {
    if (tool === endCallTool(tools) || tool === orderTool(tools)) continue;
    const name = stemsOf(tool.name.replace(/[_-]/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2'));
    const inName = overlap(name, said);
    const score = inName * 2 + overlap(stemsOf(tool.description), said);
    const isStrong = inName >= 1 && score >= 4;
    if (isStrong && (!best || score > best.score)) best = { tool, score };
  }
  return best && callOf(best.tool, utterance);
}

/** A call of this very tool, whatever was said (tool_choice). */
export function callOf(tool: BrainTool, utterance: string, utterances: string[] = [utterance]): BrainPart {
  if (itemsProperty(tool)) {
    return { kind: 'call', name: tool.name, arguments: orderArguments(tool, orderIn(utterances)) };
  }
  const args = valueFor('', tool.parameters, utterance);
  return { kind: 'call', name: tool.name, arguments: isRecord(args) ? args : {} };
}

function orderArguments(tool: BrainTool, order: Order): Record<string, unknown> {
  const items = itemsProperty(tool);
  const args: Record<string, unknown> = {};
  if (!items) return args;
  args[items.name] = order.lines.map((line) => {
    if (!isRecord(items.schema['properties'])) return `${line.quantity} ${line.name}`;
    const item: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(items.schema['properties'])) {
      if (/quantity|count|amount|number|qty/i.test(key)) item[key] = line.quantity;
      else if (/name|item|product|dish|title|what/i.test(key)) item[key] = line.name;
      else if (/note|wish|comment|extra|special|option|instruction/i.test(key)) {
        if (line.notes !== '' || requiredOf(items.schema).includes(key)) item[key] = line.notes;
      } else if (requiredOf(items.schema).includes(key)) item[key] = valueFor(key, schema, line.name);
    }
    return item;
  });
  for (const [key, schema] of Object.entries(propertiesOf(tool.parameters))) {
    if (key === items.name) continue;
    if (/address|deliver|street/i.test(key) && order.address !== '') args[key] = order.address;
    else if (/name|customer/i.test(key) && order.customerName !== '') args[key] = order.customerName;
    else if (requiredOf(tool.parameters).includes(key)) args[key] = valueFor(key, schema, '');
  }
  return args;
}

function itemsProperty(tool: BrainTool): { name: string; schema: Schema } | undefined {
  for (const [name, schema] of Object.entries(propertiesOf(tool.parameters))) {
    if (!isRecord(schema) || schema['type'] !== 'array' || !isRecord(schema['items'])) continue;
    const keys = Object.keys(propertiesOf(schema['items'])).join(' ');
    const isCounted = /quantity|count|amount|qty/i.test(keys) && /name|item|product|dish|title/i.test(keys);
    if (isCounted || (keys === '' && /order|item/i.test(name) && /order/i.test(tool.name))) {
      return { name, schema: schema['items'] };
    }
  }
  return undefined;
}

/** The smallest valid value of a schema, out of what was said where that is possible. */
export function valueFor(key: string, schema: unknown, said: string): unknown {
  if (!isRecord(schema)) return said;
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) {
    const options = schema['enum'] as unknown[];
    return options.find((option) => typeof option === 'string' && mentions(said, option)) ?? options[0];
  }
  const union = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(union))
    return valueFor(
      key,
      union.find((one) => isRecord(one) && one['type'] !== 'null'),
      said,
    );
  const type: unknown = Array.isArray(schema['type'])
    ? (schema['type'] as unknown[]).find((one) => one !== 'null')
    : schema['type'];
  switch (type) {
    case 'integer':
    case 'number':
      return numberFor(schema, said);
    case 'boolean':
      return /\b(?:yes|yeah|sure|correct|right|okay|ok|fine|agree)\b/i.test(said);
    case 'array': {
      const min = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0;
      return Array.from({ length: min }, () => valueFor(key, schema['items'], said));
    }
    case 'string':
      return stringFor(key, schema, said);
    default: {
      const required = requiredOf(schema);
      const entries = Object.entries(propertiesOf(schema)).filter(([name]) => required.includes(name));
      return Object.fromEntries(entries.map(([name, property]) => [name, valueFor(name, property, said)]));
    }
  }
}

function stringFor(key: string, schema: Schema, said: string): string {
  const format = schema['format'];
  const digits = /\+?\d[\d\s().-]{6,}\d/.exec(said)?.[0];
  if (format === 'email' || /e-?mail/i.test(key)) return /[\w.+-]+@[\w-]+\.[\w.]+\w/.exec(said)?.[0] ?? '';
  if (/phone|number/i.test(key) && digits) return digits;
  if (format === 'date-time' || format === 'date' || /(?:^|_)(?:date|day|start|end|time)(?:_|$)/i.test(key)) {
    const when = whenIn(said).toISOString();
    return format === 'date' || /date|day/i.test(key) ? when.slice(0, 10) : when;
  }
  if (/name|customer/i.test(key)) return nameIn(said) || said;
  return said;
}

/** `tomorrow at three in the afternoon`, in UTC. */
function whenIn(said: string): Date {
  const when = new Date();
  when.setUTCMinutes(0, 0, 0);
  if (/\btomorrow\b/i.test(said)) when.setUTCDate(when.getUTCDate() + 1);
  const words = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
  const at = /\bat (\d{1,2}|[a-z]+)(?::\d\d)?/i.exec(said)?.[1]?.toLowerCase();
  const hour = at === undefined ? NaN : /^\d/.test(at) ? Number(at) : words.indexOf(at) + 1;
  if (hour >= 1 && hour <= 24)
    when.setUTCHours((hour % 12) + (/\bafternoon|evening|pm\b/i.test(said) || hour === 12 ? 12 : 0));
  return when;
}

function numberFor(schema: Schema, said: string): number {
  const words = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
  const figure = /\d+(?:\.\d+)?/.exec(said)?.[0];
  const word = words.findIndex((one) => mentions(said, one));
  const min = typeof schema['minimum'] === 'number' ? schema['minimum'] : 0;
  const value = figure === undefined ? Math.max(word, 0) : Number(figure);
  const max = typeof schema['maximum'] === 'number' ? schema['maximum'] : Infinity;
  return Math.min(max, Math.max(min, schema['type'] === 'integer' ? Math.round(value) : value));
}

function mentions(said: string, word: string): boolean {
  const pattern = word.replace(/[^\p{L}\p{N}]+/gu, '\\W+');
  return pattern !== '' && new RegExp(`(?:^|\\W)${pattern}(?:\\W|$)`, 'iu').test(said);
}

export function propertiesOf(schema: unknown): Record<string, unknown> {
  return isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : {};
}

function requiredOf(schema: unknown): string[] {
  return isRecord(schema) && Array.isArray(schema['required']) ? schema['required'].map(String) : [];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
