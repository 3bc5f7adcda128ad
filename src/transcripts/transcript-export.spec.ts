import * as fc from 'fast-check';
import type { FlowEntry } from './enhanced-content';
import { EXPORT_FORMATS, exportTranscript, type ExportedTranscript } from './transcript-export';

function anEntry(more: Partial<FlowEntry> = {}): FlowEntry {
  return {
    sequence: 1,
    speaker: { channel: 0, role: 'customer', name: 'Customer' },
    text: 'Hello there',
    start_time: 12.3,
    end_time: 14.05,
    duration: 1.75,
    confidence: 0.93,
    word_count: 2,
    interrupted: false,
    latency_ms: null,
    ...more,
  };
}

const AGENT = { channel: 1, role: 'agent', name: 'Agent' } as const;

function aTranscript(flow: FlowEntry[], more: Partial<ExportedTranscript> = {}): ExportedTranscript {
  const spoke = { total_speaking_time: 2, word_count: 2, sentence_count: 1 };
  return {
    transcriptSid: 'GT0123456789abcdef0123456789abcdef',
    callDate: new Date('2026-11-30T15:00:00Z'),
    duration: 65,
    callDirection: 'inbound',
    scenarioName: 'sales',
    notes: null,
    participantInfo: { '0': { ...anEntry().speaker, ...spoke }, '1': { ...AGENT, ...spoke } },
    conversationFlow: flow,
    summaryData: {
      total_duration_seconds: 65,
      total_sentences: 2,
      total_words: 4,
      participant_count: 2,
      average_confidence: 0.93,
    },
    fullText: flow.map(({ text }) => text).join('\n'),
    ...more,
  };
}

const bodyOf = (flow: FlowEntry[], format: (typeof EXPORT_FORMATS)[number]) =>
  exportTranscript(aTranscript(flow), format).body;

/** Texts that look like the formats they are written in. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        ...['-->', '--->', '\n', '\n\n', '\r\n', '\r', '\u2028', '\u0085', '\t', '\0', ' ', '"', '""', ',', ';', "'"],
        ...['<', '>', '&', '&amp;', '</v>', '=1+1', '+', '-', '@', '＝', '\uFEFF', '\u200B', '1', 'word', '好'],
        '00:00:01,000 --> 00:00:02,000',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
);
const seconds = fc.oneof(fc.integer({ min: -1, max: 20 }), fc.double({ min: -1, max: 8000, noNaN: true }));
const entries = fc.array(
  fc
    .record({
      text: nasty,
      name: nasty,
      role: fc.constantFrom('customer' as const, 'agent' as const, 'operator' as const),
      start_time: seconds,
      end_time: seconds,
      confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      latency_ms: fc.option(fc.integer({ min: -50, max: 5000 })),
      interrupted: fc.boolean(),
    })
    .map(({ name, role, ...more }) => anEntry({ ...more, speaker: { channel: 0, role, name } })),
  { maxLength: 12 },
);

it('says in the text what the agent did, where it did it', () => {
  const flow = [anEntry(), anEntry({ sequence: 2, speaker: AGENT, text: 'It is booked.', start_time: 20 })];
  const actions = [{ outcome: 'Booked “Lunch”', atMs: 15_900 }];
  expect(exportTranscript(aTranscript(flow, { actions }), 'txt').body).toMatch(
    /\n\[0:12\] Customer: Hello there\n\[0:15\] \[Booked “Lunch”\]\n\[0:20\] Agent: It is booked\.\n$/,
  );
});

describe('a transcript as text', () => {
  it('has a head, and a line for everything that was said', () => {
    const flow = [
      anEntry(),
      anEntry({ sequence: 2, speaker: AGENT, text: 'Hi!\n[0:00] Customer: no', start_time: 3725 }),
    ];
    expect(bodyOf(flow, 'txt')).toBe(
      [
        'Transcript: GT0123456789abcdef0123456789abcdef',
        'Date: 2026-11-30T15:00:00.000Z',
        'Duration: 1:05',
        'Scenario: sales',
        'Participants: Customer, Agent',
        '',
        '[0:12] Customer: Hello there',
        '[1:02:05] Agent: Hi! [0:00] Customer: no',
        '',
      ].join('\n'),
    );
  });

  it('says nothing of a scenario that was none', () => {
    expect(exportTranscript(aTranscript([], { scenarioName: null }), 'txt').body).not.toContain('Scenario');
  });

  it('is the whole text where nobody knows who said what', () => {
    expect(exportTranscript(aTranscript([], { fullText: 'Hello\nHi' }), 'txt').body).toMatch(/\n\nHello\nHi\n$/);
  });

  it('has a line for every entry, whatever is said', () => {
    fc.assert(
      fc.property(entries, (flow) => {
        fc.pre(flow.length > 0);
        const lines = bodyOf(flow, 'txt').split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
        expect(lines.filter((line) => /^\[(\d+:)?\d?\d:\d\d\] \S/.test(line))).toHaveLength(flow.length);
        expect(lines).toHaveLength(6 + flow.length + 1);
      }),
    );
  });
});

interface ParsedCue {
  startMs: number;
  endMs: number;
  payload: string;
}

function parsedTimes(line: string | undefined, separator: string): { startMs: number; endMs: number } {
  const stamp = `(\\d\\d):([0-5]\\d):([0-5]\\d)\\${separator}(\\d{3})`;
  const match = new RegExp(`^${stamp} --> ${stamp}$`).exec(line ?? '');
  if (match === null) throw new Error(`No times: ${line}`);
  const [h = 0, m = 0, s = 0, ms = 0, ...end] = match.slice(1).map(Number);
  const [endH = 0, endM = 0, endS = 0, endMs = 0] = end;
  return {
    startMs: ((h * 60 + m) * 60 + s) * 1000 + ms,
    endMs: ((endH * 60 + endM) * 60 + endS) * 1000 + endMs,
  };
}

/** Every end of a line that some player knows. */
const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

function parsedCues(blocks: string[][], separator: string): ParsedCue[] {
  return blocks.map((lines) => {
    const [times, payload, ...rest] = lines;
    if (payload === undefined || payload.trim() === '' || rest.length > 0) throw new Error('No payload of one line');
    if (payload.includes('-->')) throw new Error('An arrow in a payload');
    return { ...parsedTimes(times, separator), payload };
  });
}

function blocksOf(body: string): string[][] {
  if (body === '') return [];
  if (!body.endsWith('\n')) throw new Error('No end of the last line');
  const blocks: string[][] = [[]];
  for (const line of body.slice(0, -1).split(LINE_END)) {
    if (line === '') blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks;
}

function parsedSrt(body: string): ParsedCue[] {
  const blocks = blocksOf(body).map(([index, ...lines], at) => {
    if (index !== String(at + 1)) throw new Error(`Not the index: ${index}`);
    return lines;
  });
  return parsedCues(blocks, ',');
}

function parsedVtt(body: string): (ParsedCue & { name: string; text: string })[] {
  const [header, ...blocks] = blocksOf(body);
  if (header?.join('\n') !== 'WEBVTT') throw new Error('No header');
  return parsedCues(blocks, '.').map((cue) => {
    const match = /^<v ([^<>]*[^\s<>][^<>]*)>([^<>]*)$/.exec(cue.payload);
    if (match === null || /&(?!(amp|lt|gt);)/.test(cue.payload)) throw new Error(`No voice span: ${cue.payload}`);
    const [name = '', text = ''] = match
      .slice(1)
      .map((part) => part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
    return { ...cue, name: name.trim(), text };
  });
}

describe.each([
  ['SubRip', 'srt', parsedSrt],
  ['WebVTT', 'vtt', parsedVtt],
] as const)('a transcript as %s', (_, format, parsed) => {
  const timesOf = (...spans: [number, number][]) =>
    parsed(
      bodyOf(
        spans.map(([start_time, end_time]) => anEntry({ start_time, end_time })),
        format,
      ),
    ).map(({ startMs, endMs }) => [startMs, endMs]);

  it('holds a short cue for half a second', () => {
    expect(timesOf([1, 1.1], [9, 9])).toEqual([
      [1000, 1500],
      [9000, 9500],
    ]);
  });

  it('holds it no longer than to the next', () => {
    expect(timesOf([1, 1.1], [1.3, 3])).toEqual([
      [1000, 1300],
      [1300, 3000],
    ]);
  });

  it('holds it over the next when both begin at once', () => {
    expect(timesOf([1, 1], [1, 3])).toEqual([
      [1000, 1500],
      [1000, 3000],
    ]);
  });

  it('leaves people side by side who spoke at once', () => {
    expect(timesOf([1, 4], [3, 5])).toEqual([
      [1000, 4000],
      [3000, 5000],
    ]);
  });

  it('parses back to as many cues in order, each with an end after its start, whatever is said', () => {
    fc.assert(
      fc.property(entries, (flow) => {
        const found = parsed(bodyOf(flow, format));
        expect(found).toHaveLength(flow.length);
        const starts = found.map(({ startMs }) => startMs);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
        for (const { startMs, endMs } of found) expect(endMs).toBeGreaterThan(startMs);
      }),
    );
  });
});

it('writes SubRip', () => {
  const flow = [anEntry(), anEntry({ speaker: AGENT, text: 'one --> two\n\nthree', start_time: 3600, end_time: 3602 })];
  expect(bodyOf(flow, 'srt')).toBe(
    '1\n00:00:12,300 --> 00:00:14,050\nCustomer: Hello there\n\n' +
      '2\n01:00:00,000 --> 01:00:02,000\nAgent: one → two three\n',
  );
});

it('writes WebVTT', () => {
  const speaker = { channel: 0, role: 'customer', name: 'Smith & <Sons>\n' } as const;
  expect(bodyOf([anEntry({ speaker, text: 'a < b --> c & d' })], 'vtt')).toBe(
    'WEBVTT\n\n00:00:12.300 --> 00:00:14.050\n<v Smith &amp; &lt;Sons&gt;>a &lt; b --&gt; c &amp; d\n',
  );
});

it('keeps what WebVTT can say of names and texts', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z<>&-]{1,12}$/), fc.stringMatching(/^[a-z<>&-]{0,12}$/), (name, text) => {
      const speaker = { channel: 0, role: 'agent', name } as const;
      expect(parsedVtt(bodyOf([anEntry({ speaker, text })], 'vtt'))).toMatchObject([{ name, text }]);
    }),
  );
});

it('gives a speaker without a name that of the role', () => {
  const flow = [anEntry({ speaker: { channel: 2, role: 'operator', name: ' ' } })];
  expect(bodyOf(flow, 'txt')).toContain('] Operator: Hello');
  expect(parsedVtt(bodyOf(flow, 'vtt'))).toMatchObject([{ name: 'Operator' }]);
});

it("writes JSON in the API's members", () => {
  const { body } = exportTranscript(aTranscript([anEntry()]), 'json');
  expect(body).toMatch(/^\{\n {2}"transcript_sid": "GT0.*\n\}\n$/s);
  const members = JSON.parse(body) as Record<string, unknown>;
  expect(members).toMatchObject({
    call_date: '2026-11-30T15:00:00.000Z',
    duration: 65,
    call_direction: 'inbound',
    scenario_name: 'sales',
    notes: null,
    full_text: 'Hello there',
    participant_info: { '1': { name: 'Agent' } },
    conversation_flow: [anEntry()],
    summary_data: { total_words: 4 },
  });
  expect(Object.keys(members)).toHaveLength(10);
});

/** RFC 4180, section 2, to the letter. */
function parsedCsv(body: string): string[][] {
  const records: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let record: string[] = [];
  while (field.lastIndex < body.length) {
    const at = field.lastIndex;
    const match = field.exec(body);
    if (match === null) throw new Error(`No field at ${at}`);
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    records.push(record);
    record = [];
  }
  if (record.length > 0) throw new Error('No end of the last record');
  return records;
}

describe('a transcript as CSV', () => {
  it('is a table with a byte order mark', () => {
    const flow = [
      anEntry({ text: 'a "b", c\r\nd' }),
      anEntry({ sequence: 2, speaker: AGENT, confidence: null, interrupted: true, latency_ms: -5 }),
    ];
    expect(bodyOf(flow, 'csv')).toBe(
      '\uFEFFsequence,start_time,end_time,role,name,text,confidence,interrupted,latency_ms\r\n' +
        '1,12.3,14.05,customer,Customer,"a ""b"", c\r\nd",0.93,false,\r\n' +
        '2,12.3,14.05,agent,Agent,Hello there,,true,-5\r\n',
    );
  });

  it.each(['=1+1', '+12025550100', '-1', '@SUM(A1)', '\t1', '\r=1', ' =1', '\u200B=1', '＝1', '＋1', '－1', '＠A1'])(
    'makes no formula of %j',
    (text) => {
      expect(parsedCsv(bodyOf([anEntry({ text })], 'csv'))[1]?.[5]).toBe(`'${text}`);
    },
  );

  it.each(['Hello = hi', "'quoted'", '1 - 2', '你好', ' two words'])('leaves %j', (text) => {
    expect(parsedCsv(bodyOf([anEntry({ text })], 'csv'))[1]?.[5]).toBe(text);
  });

  it('parses back to the same cells, and no text is a formula', () => {
    fc.assert(
      fc.property(entries, (flow) => {
        const body = bodyOf(flow, 'csv');
        expect(body.startsWith('\uFEFF')).toBe(true);
        const [header, ...rows] = parsedCsv(body.slice(1));
        expect(rows).toHaveLength(flow.length);
        for (const [index, row] of rows.entries()) {
          const entry = flow[index] as FlowEntry;
          expect(row).toHaveLength(header?.length ?? 0);
          for (const [cell, given] of [
            [row[4], entry.speaker.name],
            [row[5], entry.text],
          ] as const) {
            expect([given, `'${given}`]).toContain(cell);
            expect(cell?.trimStart()).not.toMatch(/^[=+\-@＝＋－＠]/);
            expect(cell).not.toMatch(/^[\t\r]/);
          }
          expect(Number(row[1])).toBe(entry.start_time === 0 ? 0 : entry.start_time);
          expect(row[6]).toBe(entry.confidence === null ? '' : String(entry.confidence));
          expect(row[7]).toBe(String(entry.interrupted));
          expect(row[8]).toBe(entry.latency_ms === null ? '' : String(entry.latency_ms));
        }
      }),
    );
  });
});

describe('the file', () => {
  it.each([
    ['txt', 'text/plain; charset=utf-8'],
    ['srt', 'application/x-subrip; charset=utf-8'],
    ['vtt', 'text/vtt; charset=utf-8'],
    ['json', 'application/json'],
    ['csv', 'text/csv; charset=utf-8'],
  ] as const)('of %s is %s', (format, contentType) => {
    const transcriptSid = '../GT01"\r\n_é-';
    expect(exportTranscript(aTranscript([anEntry()], { transcriptSid }), format)).toMatchObject({
      contentType,
      fileName: `transcript-GT01_-.${format}`,
    });
  });

  it('can be written of anything', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EXPORT_FORMATS), entries, nasty, (format, flow, text) => {
        const more = { transcriptSid: text, scenarioName: text, notes: text, fullText: text };
        expect(typeof exportTranscript(aTranscript(flow, more), format).body).toBe('string');
      }),
    );
  });
});
