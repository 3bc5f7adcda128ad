import { ManualClock } from './testing/manual-clock';
import {
  BREATH_MS,
  CLEARLY_HUMAN_AFTER_MS,
  GREETING_END_MS,
  GREETING_LIMIT_MS,
  OBJECTION_MS,
  VoicemailWatch,
  WATCH_LIMIT_MS,
  WORDS_WINDOW_AFTER_HUMAN_MS,
  WORDS_WINDOW_MS,
  type VoicemailDetection,
  type VoicemailPhrase,
} from './voicemail-watch';

const STRONG = 'leave a message after the tone';
const FULL = 'the mailbox is full';
const WEAK = 'sorry not available';

/** What is known of words here; which words these are in which language is not this file's business. */
function phraseIn(words: string): VoicemailPhrase | null {
  if (words.includes(FULL)) return 'full';
  if (words.includes(STRONG)) return 'strong';
  return words.includes(WEAK) ? 'weak' : null;
}

interface Line {
  clock: ManualClock;
  watch: VoicemailWatch;
  /** What the watch has said so far, in order. */
  told: (string | VoicemailDetection)[];
  /** The customer speaks; their words are known a moment after. */
  hears(words: string, lastsMs?: number, recognisedAfterMs?: number): void;
  agentSays(lastsMs: number, wasInterrupted?: boolean): void;
  waits(ms: number): void;
}

const RECOGNISED_AFTER_MS = 700;

function aLine({ isAnswered = true } = {}): Line {
  const clock = new ManualClock();
  const told: Line['told'] = [];
  const watch = new VoicemailWatch({
    clock,
    phraseIn,
    onSuspect: () => told.push('suspect'),
    onCleared: () => told.push('cleared'),
    onReady: (detection) => told.push('ready', detection),
  });
  const startedAtMs = clock.nowMs();
  const now = (): number => clock.nowMs() - startedAtMs;
  if (isAnswered) watch.answered();
  return {
    clock,
    watch,
    told,
    hears: (text, lastsMs = 2000, recognisedAfterMs = RECOGNISED_AFTER_MS) => {
      const startMs = now();
      watch.customerSpeechStarted();
      clock.advance(lastsMs);
      watch.customerSpeechStopped();
      clock.advance(recognisedAfterMs);
      watch.turnEnded({ role: 'customer', text, startMs, endMs: startMs + lastsMs, wasInterrupted: false });
    },
    agentSays: (lastsMs, wasInterrupted = false) => {
      const startMs = now();
      clock.advance(lastsMs);
      watch.turnEnded({ role: 'agent', text: 'Fine.', startMs, endMs: now(), wasInterrupted });
    },
    waits: (ms) => clock.advance(ms),
  };
}

/** Question and answer, as people talk. */
function talkedWith(line: Line, exchanges = 3): void {
  for (let i = 0; i < exchanges; i++) {
    line.hears('And what does it cost?', 2500);
    line.agentSays(2500);
  }
}

describe('the verdict', () => {
  const CARRIER = {
    'nothing yet': [],
    unknown: ['unknown'],
    human: ['human'],
    machine: ['machine_start'],
    'message end': ['machine_end_beep', 'machine_end_silence', 'machine_end_other'],
    fax: ['fax'],
  } as const;
  const WORDS = { nothing: 'Hello, who is there?', weak: WEAK, strong: STRONG } as const;
  const TABLE = {
    'nothing yet': { nothing: 'open', weak: 'suspect', strong: 'suspect' },
    unknown: { nothing: 'open', weak: 'suspect', strong: 'suspect' },
    human: { nothing: 'person', weak: 'person', strong: 'suspect' },
    machine: { nothing: 'suspect', weak: 'suspect', strong: 'suspect' },
    'message end': { nothing: 'ready', weak: 'ready', strong: 'ready' },
    fax: { nothing: 'ready', weak: 'ready', strong: 'ready' },
  } as const;
  const TOLD = {
    person: [],
    open: [],
    suspect: ['suspect'],
    ready: ['ready', expect.anything()],
  } as const;

  const cells = (Object.keys(CARRIER) as (keyof typeof CARRIER)[]).flatMap((carrier) =>
    (Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap((words) =>
      (CARRIER[carrier].length === 0 ? [null] : CARRIER[carrier]).map(
        (report) => [carrier, report, words, TABLE[carrier][words]] as const,
      ),
    ),
  );

  it.each(cells)('%s (%s) and %s words: %s, when the carrier reports first', (_, report, words, verdict) => {
    const line = aLine();
    if (report !== null) line.watch.carrierSays(report);
    line.hears(WORDS[words], 6000);
    expect(line.told).toEqual(TOLD[verdict]);
  });

  it.each(cells)('%s (%s) and %s words: %s, when the words come first', (_, report, words, verdict) => {
    const line = aLine();
    line.hears(WORDS[words], 6000);
    const byWords = words === 'nothing' ? [] : TOLD.suspect;
    expect(line.told).toEqual(byWords);
    if (report !== null) line.watch.carrierSays(report);
    // A suspicion that the carrier does not share falls; one that it shares stands.
    if (verdict === 'person' && words !== 'nothing') expect(line.told).toEqual(['suspect', 'cleared']);
    else if (verdict === 'ready') expect(line.told).toEqual([...byWords, ...TOLD.ready]);
    else expect(line.told).toEqual(verdict === 'suspect' ? TOLD.suspect : byWords);
  });

  it('of weak words counts in long speech only, in one go or with breaths between', () => {
    const short = aLine();
    short.hears(WEAK, 3900);
    expect(short.told).toEqual([]);
    const breathing = aLine();
    breathing.hears('Hi, this is Bob.', 1800);
    breathing.hears(WEAK, 2500);
    expect(breathing.told).toEqual(['suspect']);
  });

  it('knows a phrase that a breath cuts in two', () => {
    const line = aLine();
    line.hears('leave a message', 2000);
    line.hears('after the tone', 1500);
    expect(line.told).toEqual(['suspect']);
  });

  it.each([
    ['nobody has reported', null, WORDS_WINDOW_MS],
    ['a person was reported', 'human', WORDS_WINDOW_AFTER_HUMAN_MS],
  ] as const)('needs the words early where %s', (_, report, windowMs) => {
    for (const isEarly of [true, false]) {
      const line = aLine();
      if (report !== null) line.watch.carrierSays(report);
      line.waits(isEarly ? windowMs - 10 : windowMs);
      line.hears(STRONG);
      expect(line.told).toEqual(isEarly ? ['suspect'] : []);
    }
  });

  it('counts what the carrier said before the stream began', () => {
    const line = aLine({ isAnswered: false });
    line.watch.carrierSays('machine_end_beep');
    expect(line.told).toEqual([]);
    line.watch.answered();
    expect(line.told).toEqual(['ready', { detectedBy: 'carrier', takesMessage: true }]);
  });

  it('takes no notice of what we wrote into the transcript', () => {
    const line = aLine();
    line.hears(`[${STRONG}]`);
    expect(line.told).toEqual([]);
  });

  it('takes a report once: later ones, but for the end of a greeting, are repeated or confused', () => {
    const line = aLine();
    for (const report of ['human', 'machine_end_beep', 'fax', 'human']) line.watch.carrierSays(report);
    expect(line.told).toEqual([]);
    const machine = aLine();
    for (const report of ['machine_start', 'machine_start', 'human', 'machine_end_silence', 'machine_end_silence'])
      machine.watch.carrierSays(report);
    expect(machine.told).toEqual(['suspect', 'ready', { detectedBy: 'carrier', takesMessage: true }]);
  });
});

describe('a wrong report of a machine', () => {
  it.each(['machine_start', 'machine_end_beep', 'machine_end_other', 'fax'])(
    'that is %s does not end a conversation',
    (report) => {
      const line = aLine();
      talkedWith(line);
      expect(line.clock.nowMs()).toBeGreaterThan(1_000_000 + CLEARLY_HUMAN_AFTER_MS);
      line.watch.carrierSays(report);
      line.hears('And by when?');
      line.waits(GREETING_LIMIT_MS);
      expect(line.told).toEqual([]);
    },
  );

  it.each([
    ['too early', (line: Line) => talkedWith(line, 2)],
    [
      'after one exchange',
      (line: Line) => {
        talkedWith(line, 1);
        line.waits(CLEARLY_HUMAN_AFTER_MS);
      },
    ],
    [
      'when the greeting talked on over every answer',
      (line: Line) => {
        for (let i = 0; i < 5; i++) {
          line.hears('You know what to do.', 3000);
          line.agentSays(500, true);
        }
      },
    ],
    [
      'when the opening was all that was said to the end',
      (line: Line) => {
        line.watch.turnEnded({ role: 'agent', text: 'Hello', startMs: 0, endMs: 6000, wasInterrupted: false });
        line.hears('You know what to do.', 8000);
        line.hears('So do it.', 8000);
      },
    ],
    [
      'when a greeting was heard',
      (line: Line) => {
        line.hears(STRONG, 1000);
        talkedWith(line);
      },
    ],
  ] as const)('is believed %s', (_, before) => {
    const line = aLine();
    before(line);
    line.watch.carrierSays('machine_end_silence');
    expect(line.told).toContain('ready');
  });

  it('comes too late to matter', () => {
    const line = aLine();
    line.waits(WATCH_LIMIT_MS + 1);
    line.watch.carrierSays('machine_end_beep');
    line.hears(STRONG);
    expect(line.told).toEqual([]);
  });
});

describe('the end of the greeting', () => {
  it('is the carrier’s word, whatever is being said', () => {
    const line = aLine();
    line.hears(STRONG, 3000);
    line.watch.customerSpeechStarted();
    line.watch.carrierSays('machine_end_beep');
    expect(line.told).toEqual(['suspect', 'ready', { detectedBy: 'both', takesMessage: true }]);
  });

  it('is a silence, where words alone told', () => {
    const line = aLine();
    line.hears(STRONG, 3000);
    line.waits(GREETING_END_MS - RECOGNISED_AFTER_MS - 1);
    expect(line.told).toEqual(['suspect']);
    line.waits(1);
    expect(line.told).toEqual(['suspect', 'ready', { detectedBy: 'words', takesMessage: true }]);
  });

  it('begins anew with every sentence', () => {
    const line = aLine();
    line.hears(STRONG, 3000);
    line.waits(500);
    line.watch.customerSpeechStarted();
    line.waits(4000);
    expect(line.told).toEqual(['suspect']);
    line.watch.customerSpeechStopped();
    line.waits(GREETING_END_MS - 1);
    expect(line.told).toEqual(['suspect']);
    line.waits(1);
    expect(line.told).toContain('ready');
  });

  it('is a silence too after a machine_start without more, also one before any word', () => {
    const line = aLine();
    line.watch.carrierSays('machine_start');
    line.waits(GREETING_END_MS - 1);
    expect(line.told).toEqual(['suspect']);
    line.waits(1);
    expect(line.told).toEqual(['suspect', 'ready', { detectedBy: 'carrier', takesMessage: true }]);
  });

  it('leaves time to object, however late the words were recognised', () => {
    const line = aLine();
    line.hears(STRONG, 3000, GREETING_END_MS + 2000);
    expect(line.told).toEqual(['suspect']);
    line.waits(OBJECTION_MS - 1);
    expect(line.told).toEqual(['suspect']);
    line.waits(1);
    expect(line.told).toContain('ready');
  });

  it('does not wait for ever for a machine that talks on', () => {
    const line = aLine();
    line.watch.customerSpeechStarted();
    line.waits(5000);
    line.watch.carrierSays('machine_start');
    line.waits(GREETING_LIMIT_MS - 5001);
    expect(line.told).toEqual(['suspect']);
    line.waits(1);
    expect(line.told).toEqual(['suspect', 'ready', { detectedBy: 'carrier', takesMessage: true }]);
  });

  it('leads to no message where none is taken', () => {
    const full = aLine();
    full.hears(FULL, 3000);
    full.waits(GREETING_END_MS);
    expect(full.told).toEqual(['suspect', 'ready', { detectedBy: 'words', takesMessage: false }]);
    const fax = aLine();
    fax.watch.carrierSays('fax');
    expect(fax.told).toEqual(['ready', { detectedBy: 'carrier', takesMessage: false }]);
  });
});

describe('a person who was suspected', () => {
  const suspected = (report?: string): Line => {
    const line = aLine();
    if (report !== undefined) line.watch.carrierSays(report);
    line.hears(STRONG, 4500);
    line.waits(BREATH_MS - RECOGNISED_AFTER_MS);
    return line;
  };

  it.each([undefined, 'unknown', 'human'])('is heard: the conversation goes on (carrier: %s)', (report) => {
    const line = suspected(report);
    line.hears('Hello? Hi, I am here.', 1500);
    expect(line.told).toEqual(['suspect', 'cleared']);
    line.hears(STRONG);
    line.waits(GREETING_LIMIT_MS);
    expect(line.told).toEqual(['suspect', 'cleared']);
    expect(line.clock.pendingTimers).toBe(0);
  });

  it('is not heard against the carrier’s word', () => {
    const line = suspected('machine_start');
    line.hears('Hello? Hi, I am here.', 1500);
    line.waits(GREETING_END_MS);
    expect(line.told).toEqual(['suspect', 'ready', { detectedBy: 'both', takesMessage: true }]);
  });

  it('was none after all when the carrier hears the end of a greeting', () => {
    const line = suspected();
    line.hears('I am away until Monday.', 1500);
    line.watch.carrierSays('machine_end_beep');
    expect(line.told).toEqual(['suspect', 'cleared', 'ready', { detectedBy: 'both', takesMessage: true }]);
  });

  it.each([
    ['goes on after a breath', (line: Line) => line.hears('I am away until Monday.', 1500), 0],
    ['talks for long', (line: Line) => line.hears('I am away until Monday, and then there is more.', 5000), BREATH_MS],
    ['says more of the same', (line: Line) => line.hears(WEAK, 1500), BREATH_MS],
    ['says nothing that can be understood', (line: Line) => line.hears('[inaudible]', 500), BREATH_MS],
  ])('is not one who %s', (_, speaks, pauseMs) => {
    const line = aLine();
    line.hears(STRONG, 4500, 200);
    line.waits(pauseMs);
    speaks(line);
    expect(line.told).toEqual(['suspect']);
    line.waits(GREETING_END_MS);
    expect(line.told).toContain('ready');
  });

  it('is a person at once when the carrier says so and the words were weak', () => {
    const line = aLine();
    line.hears(WEAK, 6000);
    line.watch.carrierSays('human');
    expect(line.told).toEqual(['suspect', 'cleared']);
  });
});

describe('when the call is over', () => {
  it('tells nothing more and leaves no timer', () => {
    const line = aLine();
    line.hears(STRONG);
    expect(line.clock.pendingTimers).toBeGreaterThan(0);
    line.watch.stop();
    line.watch.carrierSays('machine_end_beep');
    line.hears(STRONG);
    line.waits(GREETING_LIMIT_MS);
    expect(line.told).toEqual(['suspect']);
    expect(line.clock.pendingTimers).toBe(0);
  });

  it('may be told to stop by whoever was told of the suspicion', () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const watch: VoicemailWatch = new VoicemailWatch({
      clock,
      phraseIn,
      onSuspect: () => watch.stop(),
      onCleared: () => told.push('cleared'),
      onReady: () => told.push('ready'),
    });
    watch.answered();
    watch.carrierSays('machine_start');
    clock.advance(GREETING_LIMIT_MS);
    expect(told).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer after the message is due either', () => {
    const line = aLine();
    line.hears(STRONG);
    line.waits(GREETING_END_MS);
    expect(line.told).toContain('ready');
    expect(line.clock.pendingTimers).toBe(0);
  });
});
