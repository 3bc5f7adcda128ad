import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { MAX_BATCH } from './dto/schedule-requests.dto';
import { UnreadableCsv } from './scheduling.errors';

/** A row as it stands in the file, in the form of a request, not looked at yet. */
export interface CsvRow {
  /** As a spreadsheet numbers its rows: the names of the columns are line 1. */
  line: number;
  request: Record<string, unknown>;
}

const REQUIRED = ['phone_number', 'scenario', 'scheduled_time'];
const TEXTS = new Set([...REQUIRED, 'timezone', 'recurrence', 'if_late', 'quiet_hours']);
const OTHERS = new Set(['record', 'max_duration_seconds', 'max_attempts', 'delay_minutes', 'retry_on']);
const VARIABLE = 'variables.';

const MAX_COLUMNS = 100;
/** Some hundred rows. */
const SLICE_CHARACTERS = 4_096;
const MAX_ROW_CHARACTERS = 65_536;

/**
 * Reads a table: names of columns first, then a call in each row; commas, semicolons or tabs between cells, and an empty cell
 * means that nothing is said.
 * @throws UnreadableCsv when it is no such table
 */
export async function readScheduleCsv(text: string): Promise<CsvRow[]> {
  const [header, ...rows] = await readTable(text);
  if (header === undefined) throw new UnreadableCsv('it is empty.');
  const names = header.record.map((name) => name.trim().toLowerCase());
  requireColumns(names);
  if (rows.length === 0) throw new UnreadableCsv('it has no rows.');
  if (rows.length > MAX_BATCH) throw new UnreadableCsv(`it has more than ${MAX_BATCH} rows.`);
  return rows.map(({ record, line }) => ({ line, request: toRequest(names, record) }));
}

interface Line {
  record: string[];
  line: number;
}

/** A little at a time: calls are on the line meanwhile. */
async function readTable(text: string): Promise<Line[]> {
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(text),
    info: true,
    max_record_size: MAX_ROW_CHARACTERS,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  });
  const lines: Line[] = [];
  let failure: Error | undefined;
  parser.on('data', ({ record, info }: { record: string[]; info: { lines: number } }) => {
    lines.push({ record, line: info.lines });
    // The names of the columns, and one row more than may be.
    if (lines.length > MAX_BATCH + 1) parser.destroy();
  });
  const ended = new Promise<void>((resolve) => {
    parser.once('error', (error) => {
      failure = error;
      resolve();
    });
    parser.once('end', resolve);
    parser.once('close', resolve);
  });
  for (let from = 0; from < text.length && failure === undefined && !parser.destroyed; from += SLICE_CHARACTERS) {
    parser.write(text.slice(from, from + SLICE_CHARACTERS));
    await yieldToOthers();
  }
  if (!parser.destroyed) parser.end();
  await ended;
  if (failure === undefined) return lines;
  if (failure instanceof CsvError) throw new UnreadableCsv(failure.message);
  throw failure;
}

/** Whichever the names of the columns are told apart by. */
function delimiterOf(text: string): string {
  const [names = ''] = text.split(/\r|\n/, 1);
  return [',', ';', '\t'].reduce((best, one) => (names.split(one).length > names.split(best).length ? one : best));
}

function requireColumns(names: readonly string[]): void {
  if (names.length > MAX_COLUMNS) throw new UnreadableCsv(`it has more than ${MAX_COLUMNS} columns.`);
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) throw new UnreadableCsv(`it has no column ${missing}.`);
  const unknown = names.find((name) => !TEXTS.has(name) && !OTHERS.has(name) && !name.startsWith(VARIABLE));
  if (unknown !== undefined)
    throw new UnreadableCsv(`it has a column that is not known here: ${unknown || '(no name)'}.`);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new UnreadableCsv(`it has the column ${twice} twice.`);
}

function toRequest(names: readonly string[], record: readonly string[]): Record<string, unknown> {
  const request: Record<string, unknown> = {};
  const retry: Record<string, unknown> = {};
  const variables: Record<string, string> = {};
  for (const [at, cell] of record.entries()) {
    const name = names[at];
    if (cell === '') continue;
    // More cells than columns: what they mean nobody knows.
    if (name === undefined) request[`column ${at + 1}`] = cell;
    else if (name.startsWith(VARIABLE)) variables[name.slice(VARIABLE.length)] = cell;
    else if (TEXTS.has(name)) request[name] = cell;
    else if (name === 'record') request.record = TRUTHS[cell.toLowerCase()] ?? cell;
    else if (name === 'max_duration_seconds') request.max_duration_seconds = numberOr(cell);
    else if (name === 'retry_on') retry.on = cell.split(/[\s|/]+/);
    else retry[name] = numberOr(cell);
  }
  if (Object.keys(retry).length > 0) request.retry = retry;
  if (Object.keys(variables).length > 0) request.variables = variables;
  return request;
}

const TRUTHS: Record<string, boolean> = { true: true, false: false, yes: true, no: false, '1': true, '0': false };

function numberOr(cell: string): number | string {
  return /^\d{1,9}$/.test(cell) ? Number(cell) : cell;
}
