import type { CallDirection } from '../calls/call.entity';
import type { FlowEntry, Participant, Speaker, SummaryData } from './enhanced-content';

export const EXPORT_FORMATS = ['txt', 'srt', 'vtt', 'json', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What is written of a transcript. */
export interface ExportedTranscript {
  transcriptSid: string;
  callDate: Date;
  /** Seconds. */
  duration: number;
  callDirection: CallDirection | null;
  scenarioName: string | null;
  notes: string | null;
  participantInfo: Record<string, Participant>;
  conversationFlow: FlowEntry[];
  /** What the agent did; milliseconds since the answer. */
  actions?: readonly { outcome: string; atMs: number }[];
  summaryData: SummaryData;
  fullText: string;
}

/** A file as it is sent: `body` is to be encoded as UTF-8. */
export interface ExportedFile {
  body: string;
  contentType: string;
  fileName: string;
}

/** JSON has no charset parameter (RFC 8259, section 11): it is UTF-8. */
const WRITERS: Record<ExportFormat, { contentType: string; write: (transcript: ExportedTranscript) => string }> = {
  txt: { contentType: 'text/plain; charset=utf-8', write: plainText },
  srt: { contentType: 'application/x-subrip; charset=utf-8', write: subRip },
  vtt: { contentType: 'text/vtt; charset=utf-8', write: webVtt },
  json: { contentType: 'application/json', write: json },
  csv: { contentType: 'text/csv; charset=utf-8', write: csv },
};

/** A transcript as a file. The name is safe in a header and on a disk, whatever the sid. */
export function exportTranscript(transcript: ExportedTranscript, format: ExportFormat): ExportedFile {
  const { contentType, write } = WRITERS[format];
  const sid = transcript.transcriptSid.replace(/[^A-Za-z0-9_-]/g, '');
  return { body: write(transcript), contentType, fileName: `transcript-${sid}.${format}` };
}

function plainText(transcript: ExportedTranscript): string {
  const { conversationFlow, scenarioName } = transcript;
  const names = Object.values(transcript.participantInfo).map(nameOf);
  const head = [
    `Transcript: ${oneLine(transcript.transcriptSid)}`,
    `Date: ${transcript.callDate.toISOString()}`,
    `Duration: ${clock(transcript.duration)}`,
  ];
  if (scenarioName !== null) head.push(`Scenario: ${oneLine(scenarioName)}`);
  if (names.length > 0) head.push(`Participants: ${names.join(', ')}`);
  const spoken = conversationFlow.map(({ speaker, start_time, text }) => ({
    at: start_time,
    line: `[${clock(start_time)}] ${nameOf(speaker)}: ${oneLine(text)}`.trimEnd(),
  }));
  const done = (transcript.actions ?? []).map(({ outcome, atMs }) => ({
    at: atMs / 1000,
    line: `[${clock(atMs / 1000)}] [${oneLine(outcome)}]`,
  }));
  const lines = (done.length === 0 ? spoken : [...spoken, ...done].sort((a, b) => a.at - b.at)).map(({ line }) => line);
  // Where nobody knows who said what, what was said is still worth reading.
  const said = lines.length > 0 ? lines.join('\n') : transcript.fullText.trim();
  return `${head.join('\n')}\n${said === '' ? '' : `\n${said}\n`}`;
}

/** SubRip has no page of its own and no escapes: an arrow or a blank line in a text would be the format's. */
function subRip({ conversationFlow }: ExportedTranscript): string {
  return cues(conversationFlow)
    .map(({ startMs, endMs, name, text }, index) => {
      const times = `${timestamp(startMs, ',')} --> ${timestamp(endMs, ',')}`;
      return `${index + 1}\n${times}\n${`${name}: ${text}`.trimEnd().replaceAll('-->', '→')}\n`;
    })
    .join('\n');
}

/** https://www.w3.org/TR/webvtt1/#file-structure. A voice span that is the whole cue needs no end tag. */
function webVtt({ conversationFlow }: ExportedTranscript): string {
  const blocks = cues(conversationFlow).map(({ startMs, endMs, name, text }) => {
    const times = `${timestamp(startMs, '.')} --> ${timestamp(endMs, '.')}`;
    // White space at the end of a name is not part of it, and keeps one like "--" from making an arrow of its tag.
    const tag = `<v ${escapedForVtt(name)}${name.endsWith('--') ? ' ' : ''}>`;
    return `\n${times}\n${tag}${escapedForVtt(text)}\n`;
  });
  return `WEBVTT\n${blocks.join('')}`;
}

function json(transcript: ExportedTranscript): string {
  const members = {
    transcript_sid: transcript.transcriptSid,
    call_date: transcript.callDate.toISOString(),
    duration: transcript.duration,
    call_direction: transcript.callDirection,
    scenario_name: transcript.scenarioName,
    notes: transcript.notes,
    full_text: transcript.fullText,
    participant_info: transcript.participantInfo,
    conversation_flow: transcript.conversationFlow,
    summary_data: transcript.summaryData,
  };
  return `${JSON.stringify(members, null, 2)}\n`;
}

const CSV_COLUMNS: Record<string, (entry: FlowEntry) => Cell> = {
  sequence: (entry) => entry.sequence,
  start_time: (entry) => entry.start_time,
  end_time: (entry) => entry.end_time,
  role: (entry) => entry.speaker.role,
  name: (entry) => entry.speaker.name,
  text: (entry) => entry.text,
  confidence: (entry) => entry.confidence,
  interrupted: (entry) => entry.interrupted,
  latency_ms: (entry) => entry.latency_ms,
};

/** RFC 4180. Excel takes a file without a byte order mark for its own code page. */
function csv({ conversationFlow }: ExportedTranscript): string {
  const columns = Object.values(CSV_COLUMNS);
  const rows: Cell[][] = conversationFlow.map((entry) => columns.map((valueOf) => valueOf(entry)));
  const records = [Object.keys(CSV_COLUMNS), ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`);
  return `\uFEFF${records.join('')}`;
}

type Cell = string | number | boolean | null;

/**
 * What a spreadsheet runs as a formula (https://owasp.org/www-community/attacks/CSV_Injection), also behind what it
 * does not show.
 */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠\t\r\n\0]/u;

function csvCell(value: Cell): string {
  if (value === null) return '';
  // A number or a fact is ours: -5 is not a formula.
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

interface Cue {
  startMs: number;
  endMs: number;
  name: string;
  text: string;
}

/** A word that is on the screen for less is not read. */
const MIN_CUE_MS = 500;

/** In the order of their starts, which WebVTT asks for. */
function cues(flow: readonly FlowEntry[]): Cue[] {
  const ordered = flow.toSorted((a, b) => a.start_time - b.start_time);
  return ordered.map((entry, index) => {
    const startMs = milliseconds(entry.start_time);
    const nextMs = milliseconds(ordered[index + 1]?.start_time ?? Infinity);
    const endMs = cueEnd(startMs, milliseconds(entry.end_time), nextMs);
    return { startMs, endMs, name: nameOf(entry.speaker), text: oneLine(entry.text) };
  });
}

/** A short cue is held until the next one begins. People who really spoke at once stay side by side. */
function cueEnd(startMs: number, endMs: number, nextMs: number): number {
  const room = nextMs > startMs ? nextMs : Infinity;
  return Math.max(endMs, Math.min(startMs + MIN_CUE_MS, room));
}

const ROLE_NAMES: Record<Speaker['role'], string> = { customer: 'Customer', agent: 'Agent', operator: 'Operator' };

function nameOf(speaker: Speaker): string {
  return oneLine(speaker.name) || ROLE_NAMES[speaker.role];
}

/** In a format of lines a text must not begin one of its own. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

function escapedForVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function milliseconds(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1000));
}

/** `m:ss`, `h:mm:ss` from an hour on. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const start = hours === 0 ? String(minutes) : `${hours}:${padded(minutes, 2)}`;
  return `${start}:${padded(whole % 60, 2)}`;
}

function timestamp(ms: number, separator: ',' | '.'): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => padded(part, 2)).join(':')}${separator}${padded(ms % 1000, 3)}`;
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
