import * as fc from 'fast-check';
import { think } from './brain';
import type { BrainInput, BrainPart, BrainTool, BrainTurn } from './brain.port';

const INSTRUCTIONS = [
  'You are Mary, an assistant who looks after the calendar of Sam.',
  '',
  '# The calendar',
  'It is Tuesday, 2026-12-01, 10:05, in Europe/Berlin.',
  'The next events:',
  '- Wednesday 2026-12-02 09:00-09:30: Standup (event id ev_standup)',
  '- Wednesday 2026-12-02, all day: Fair in Hanover (event id ev_fair)',
  '- Friday 2026-12-04 10:30-11:30: Dentist appointment (event id ev_dentist)',
  'Call book_event when the day and the time are known.',
].join('\n');

const tool = (name: string): BrainTool => ({ name, description: '', parameters: { type: 'object' } });
const TOOLS = ['look_up_day', 'find_free_slots', 'book_event', 'move_event', 'cancel_event', 'end_call'].map(tool);

type Answer = Record<string, unknown>;

/** One conversation: what a person says goes in, the model's calls are answered, and what it says comes out. */
class Conversation {
  readonly turns: BrainTurn[] = [{ role: 'assistant', text: 'Hello, this is Mary.' }];
  readonly calls: [string, Answer][] = [];

  constructor(
    private readonly answer: (name: string, args: Answer) => Answer = calendar,
    private readonly input: Partial<BrainInput> = {},
  ) {}

  think(): BrainPart[] {
    return think({
      sessionInstructions: INSTRUCTIONS,
      responseInstructions: '',
      turns: this.turns,
      tools: TOOLS,
      toolChoice: 'auto',
      ...this.input,
    });
  }

  hears(text: string): void {
    this.turns.push({ role: 'user', text });
  }

  /** Writes down a call as it is made; the result may come later. */
  makes(parts: BrainPart[]): string {
    const call = parts.find((part) => part.kind === 'call');
    if (call?.kind !== 'call') throw new Error(`No call in ${JSON.stringify(parts)}`);
    const callId = `call_${this.calls.length}`;
    this.calls.push([call.name, call.arguments]);
    this.turns.push({ role: 'call', name: call.name, callId, arguments: JSON.stringify(call.arguments) });
    return callId;
  }

  results(callId: string): void {
    const [name, args] = this.calls[Number(callId.slice(5))] as [string, Answer];
    this.turns.push({ role: 'result', callId, output: JSON.stringify(this.answer(name, args)) });
  }

  says(text: string): string {
    this.hears(text);
    for (let round = 0; round < 5; round++) {
      const parts = this.think();
      if (parts.some((part) => part.kind === 'call' && part.name !== 'end_call')) {
        this.results(this.makes(parts));
        continue;
      }
      const said = parts.map((part) => (part.kind === 'say' ? part.text : '')).join(' ');
      this.turns.push({ role: 'assistant', text: said });
      return said;
    }
    throw new Error('It goes on calling');
  }
}

const at = (start: unknown, minutes: unknown): Answer => {
  const [date = '', time = ''] = String(start).split('T');
  const end = Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + Number(minutes);
  const clock = `${String(Math.floor(end / 60)).padStart(2, '0')}:${String(end % 60).padStart(2, '0')}`;
  return { start: `${date}T${time}:00+01:00`, end: `${date}T${clock}:00+01:00`, time_zone: 'Europe/Berlin' };
};
const SLOTS = [
  { start: '2026-12-02T16:00:00+01:00', end: '2026-12-02T17:00:00+01:00' },
  { start: '2026-12-03T09:00:00+01:00', end: '2026-12-03T10:00:00+01:00' },
  { start: '2026-12-03T11:00:00+01:00', end: '2026-12-03T12:00:00+01:00' },
];

function calendar(name: string, args: Answer): Answer {
  switch (name) {
    case 'look_up_day':
      return {
        ok: true,
        date: args['date'],
        events: [
          {
            event_id: 'ev_a',
            summary: 'Breakfast with Bob',
            ...at(`${String(args['date'])}T08:15`, 45),
            all_day: false,
          },
          { event_id: 'ev_b', summary: 'Team review', ...at(`${String(args['date'])}T15:00`, 60), all_day: false },
        ],
      };
    case 'find_free_slots':
      return { ok: true, time_zone: 'Europe/Berlin', slots: SLOTS };
    case 'book_event':
      return { ok: true, event_id: 'ev_new', summary: args['summary'], ...at(args['start'], args['duration_minutes']) };
    case 'move_event':
      return { ok: true, event_id: args['event_id'], summary: 'Moved thing', ...at(args['start'], 30) };
    default:
      return { ok: true, event_id: args['event_id'], summary: 'Gone thing' };
  }
}

const busy = (name: string, args: Answer): Answer =>
  name === 'book_event' && String(args['start']).endsWith('15:00')
    ? { ok: false, error: 'You are busy at that time.', free_slots: SLOTS }
    : calendar(name, args);

/** What is called for one sentence, first. */
const called = (text: string): unknown => {
  const conversation = new Conversation();
  conversation.says(text);
  return conversation.calls[0];
};

describe('a question about the calendar', () => {
  it.each([
    ['What do I have tomorrow?', '2026-12-02'],
    ["What's on my calendar on friday?", '2026-12-04'],
    ['What is on my schedule for the fifth of december?', '2026-12-05'],
    ['What do I have on the calendar?', '2026-12-01'],
    ['Do I have anything on thursday?', '2026-12-03'],
    ['Am I busy tomorrow?', '2026-12-02'],
    ['What meetings do I have next monday?', '2026-12-07'],
    ['Could you tell me what I have planned for today, please? What is on my agenda today?', '2026-12-01'],
  ])('%s', (text, date) => {
    expect(called(text)).toEqual(['look_up_day', { date }]);
  });

  it('is answered with the events of the day', () => {
    const conversation = new Conversation();
    expect(conversation.says('What do I have tomorrow?')).toBe(
      'Tomorrow you have Breakfast with Bob at eight fifteen in the morning and Team review at three in the afternoon.',
    );
    expect(conversation.says('And on friday?')).toMatch(/^On Friday, the fourth of December you have Breakfast/);
    expect(new Conversation(() => ({ ok: true, events: [] })).says('What do I have tomorrow?')).toBe(
      'You have nothing in the calendar tomorrow.',
    );
    expect(new Conversation(() => ({ ok: false, error: 'calendar_unavailable' })).says('What do I have today?')).toBe(
      'I am sorry, I could not look at that day: calendar unavailable.',
    );
  });
});

describe('free time', () => {
  it.each([
    ['When am I free on thursday?', { from_date: '2026-12-03', duration_minutes: 30 }],
    ['Find me a free slot for an hour tomorrow.', { from_date: '2026-12-02', duration_minutes: 60 }],
    ['When am I free next week?', { from_date: '2026-12-07', to_date: '2026-12-11', duration_minutes: 30 }],
    ['Am I free tomorrow?', { from_date: '2026-12-02', duration_minutes: 30 }],
    [
      'Do I have time for half an hour between wednesday and friday?',
      { from_date: '2026-12-02', to_date: '2026-12-04', duration_minutes: 30 },
    ],
    ['Can you find a free slot?', { from_date: '2026-12-01', to_date: '2026-12-07', duration_minutes: 30 }],
  ])('%s', (text, args) => {
    expect(called(text)).toEqual(['find_free_slots', args]);
  });

  it('is offered twice at most, and booked when it is chosen', () => {
    const conversation = new Conversation();
    expect(conversation.says('Find me a free slot for an hour tomorrow.')).toBe(
      'I could offer you tomorrow at four in the afternoon, or on Thursday, the third of December at nine in the morning. Which one shall I take?',
    );
    expect(conversation.says('Take the second one, please.')).toBe('What shall I call it in the calendar?');
    expect(conversation.says('A meeting with Anna.')).toBe(
      'I have booked Meeting with Anna on Thursday, the third of December at nine in the morning, for an hour.',
    );
    expect(conversation.calls[1]).toEqual([
      'book_event',
      { summary: 'Meeting with Anna', start: '2026-12-03T09:00', duration_minutes: 60 },
    ]);
    const named = new Conversation();
    named.says('Find me a free slot for an hour for a call with Bob tomorrow.');
    expect(named.says('The one at four.')).toMatch(/^I have booked Call with Bob for tomorrow at four/);
  });
});

describe('a booking', () => {
  it.each<[string, Answer]>([
    [
      'Book a meeting with Anna tomorrow at three in the afternoon for an hour.',
      { summary: 'Meeting with Anna', start: '2026-12-02T15:00', duration_minutes: 60 },
    ],
    [
      'Schedule a dentist appointment on thursday at ten thirty.',
      { summary: 'Dentist appointment', start: '2026-12-03T10:30', duration_minutes: 30 },
    ],
    [
      'Hello, can you book me lunch with Bob for friday at noon, please?',
      { summary: 'Lunch with Bob', start: '2026-12-04T12:00', duration_minutes: 30 },
    ],
    [
      'Please put a call with the bank on my calendar for december fifth at 3 p.m.',
      { summary: 'Call with the bank', start: '2026-12-05T15:00', duration_minutes: 30 },
    ],
    [
      'I would like to make an appointment for next monday at half past two.',
      { summary: 'Appointment', start: '2026-12-07T14:30', duration_minutes: 30 },
    ],
    [
      'Set up a meeting called Budget review tomorrow from ten to half past eleven.',
      { summary: 'Budget review', start: '2026-12-02T10:00', duration_minutes: 90 },
    ],
    [
      'I need an appointment tomorrow at nine.',
      { summary: 'Appointment', start: '2026-12-02T09:00', duration_minutes: 30 },
    ],
    [
      'Can I book a table for four tomorrow at seven in the evening?',
      { summary: 'Table for four', start: '2026-12-02T19:00', duration_minutes: 30 },
    ],
    [
      'Please book a meeting with Anna. Tomorrow at three in the afternoon. For an hour.',
      { summary: 'Meeting with Anna', start: '2026-12-02T15:00', duration_minutes: 60 },
    ],
    [
      'Book for tomorrow at three p m a half-hour meeting with Anna and invite anna at example dot com.',
      {
        summary: 'Meeting with Anna',
        start: '2026-12-02T15:00',
        duration_minutes: 30,
        attendee_email: 'anna@example.com',
      },
    ],
    [
      'Book a meeting with Anna tomorrow at three p m new york time.',
      { summary: 'Meeting with Anna', start: '2026-12-02T15:00', duration_minutes: 30, time_zone: 'America/New_York' },
    ],
  ])('%s', (text, args) => {
    expect(called(text)).toEqual(['book_event', args]);
  });

  it('is told with day and time', () => {
    expect(new Conversation().says('Book a meeting with Anna tomorrow at three in the afternoon for an hour.')).toBe(
      'I have booked Meeting with Anna for tomorrow at three in the afternoon, for an hour.',
    );
  });

  it('asks for what is missing', () => {
    const conversation = new Conversation();
    expect(conversation.says('Book a meeting with Anna.')).toMatch(/^On which day and at what time/);
    expect(conversation.says('Tomorrow.')).toMatch(/^At what time/);
    expect(conversation.says('Three would be good, for an hour.')).toMatch(
      /^I have booked Meeting with Anna for tomorrow/,
    );
    expect(conversation.calls).toEqual([
      ['book_event', { summary: 'Meeting with Anna', start: '2026-12-02T15:00', duration_minutes: 60 }],
    ]);
    const other = new Conversation();
    expect(other.says('Book a meeting with Anna at four.')).toMatch(/^On which day shall I book .* at four/);
    expect(other.says('On friday, please.')).toMatch(/on Friday, the fourth of December at four/);
  });

  it.each([
    ['Yes, the first one.', '2026-12-02T16:00'],
    ['Take the second.', '2026-12-03T09:00'],
    ['Yes.', '2026-12-02T16:00'],
    ['At nine is better.', '2026-12-03T09:00'],
    ['No, tomorrow at five.', '2026-12-02T17:00'],
  ])('that is refused comes with other times: %s', (text, start) => {
    const conversation = new Conversation(busy);
    expect(conversation.says('Book a meeting with Anna tomorrow at three for an hour.')).toBe(
      'I am sorry, I could not book that: you are busy at that time. I could offer you tomorrow at four in the afternoon, or on Thursday, the third of December at nine in the morning. Which one shall I take?',
    );
    expect(conversation.says(text)).toMatch(/^I have booked Meeting with Anna /);
    expect(conversation.calls[1]).toEqual([
      'book_event',
      { summary: 'Meeting with Anna', start, duration_minutes: 60 },
    ]);
  });

  it('that is refused may be left', () => {
    const conversation = new Conversation(busy);
    conversation.says('Book a meeting with Anna tomorrow at three.');
    expect(conversation.says('No.')).toBe('At what time shall I book Meeting with Anna?');
    expect(conversation.says('Never mind.')).toBe('All right, then I leave it as it is.');
    conversation.says('Thank you.');
    expect(conversation.calls).toHaveLength(1);
  });
});

describe('a change', () => {
  it('finds the event by its words, among those of the instructions and of this conversation', () => {
    const conversation = new Conversation();
    conversation.says('Cancel the dentist appointment.');
    conversation.says('Book a meeting with Anna tomorrow at three in the afternoon for an hour.');
    expect(conversation.says('Move my meeting with Anna to four.')).toBe(
      'I have moved Moved thing to tomorrow at four in the afternoon.',
    );
    expect(conversation.says('Cancel it, please.')).toMatch(
      /^I have cancelled .* tomorrow at four in the afternoon\.$/,
    );
    expect(conversation.calls).toEqual([
      ['cancel_event', { event_id: 'ev_dentist' }],
      ['book_event', { summary: 'Meeting with Anna', start: '2026-12-02T15:00', duration_minutes: 60 }],
      ['move_event', { event_id: 'ev_new', start: '2026-12-02T16:00' }],
      ['cancel_event', { event_id: 'ev_new' }],
    ]);
  });

  it.each<[string, Answer]>([
    ['Move the standup to friday at ten.', { event_id: 'ev_standup', start: '2026-12-04T10:00' }],
    ["Reschedule tomorrow's standup for ten thirty.", { event_id: 'ev_standup', start: '2026-12-02T10:30' }],
    ['Move my dentist appointment to next monday.', { event_id: 'ev_dentist', start: '2026-12-07T10:30' }],
    ['Push the dentist appointment back by an hour.', { event_id: 'ev_dentist', start: '2026-12-04T11:30' }],
    ['Please move the dentist half an hour earlier.', { event_id: 'ev_dentist', start: '2026-12-04T10:00' }],
    ['Move my appointment from friday to monday at four.', { event_id: 'ev_dentist', start: '2026-12-07T16:00' }],
    ['Can you change the standup to ten to nine?', { event_id: 'ev_standup', start: '2026-12-02T08:50' }],
  ])('%s', (text, args) => {
    expect(called(text)).toEqual(['move_event', args]);
  });

  it('looks the day up when it knows no such event, or asks for it', () => {
    const conversation = new Conversation();
    conversation.says('Cancel the team review on thursday.');
    expect(conversation.calls).toEqual([
      ['look_up_day', { date: '2026-12-03' }],
      ['cancel_event', { event_id: 'ev_b' }],
    ]);
    const other = new Conversation();
    expect(other.says('Move the breakfast with Bob to nine.')).toBe(
      'I cannot find any breakfast with Bob in the calendar. On which day is it?',
    );
    expect(other.says('On thursday.')).toMatch(/^I have moved/);
    expect(other.calls[1]).toEqual(['move_event', { event_id: 'ev_a', start: '2026-12-03T09:00' }]);
    expect(new Conversation().says('Cancel the opera on thursday.')).toMatch(/^I cannot find any opera .* on Thursday/);
  });

  it('asks which of two is meant, and where it is to go', () => {
    const conversation = new Conversation();
    expect(conversation.says('Cancel my event tomorrow.')).toMatch(
      /^Which one do you mean: Standup .*, or Fair in Hanover/,
    );
    expect(conversation.says('The first one.')).toMatch(/^I have cancelled Standup/);
    expect(conversation.says('Move the dentist appointment.')).toMatch(/^To what day and time/);
    expect(conversation.says('To five.')).toMatch(/^I have moved/);
    expect(conversation.says('Cancel the standup.')).toMatch(/^Standup is cancelled already/);
    expect(conversation.calls).toHaveLength(2);
  });
});

describe('the same write', () => {
  const BOOKING = 'Book a meeting with Anna tomorrow at three in the afternoon for an hour.';

  it('is not made again while its result is awaited, whatever is said', () => {
    const conversation = new Conversation();
    conversation.hears(BOOKING);
    const callId = conversation.makes(conversation.think());
    for (const line of ['', BOOKING, 'Hello?', '']) {
      conversation.hears(line);
      expect(conversation.think().every(({ kind }) => kind === 'say')).toBe(true);
    }
    conversation.results(callId);
    expect(conversation.think()).toMatchObject([
      { kind: 'say', text: expect.stringMatching(/^I have booked/) as unknown },
    ]);
  });

  it('is not made again after its result was cut off, which is told again', () => {
    const conversation = new Conversation();
    conversation.hears(BOOKING);
    conversation.results(conversation.makes(conversation.think()));
    conversation.turns.push({ role: 'assistant', text: 'I have' });
    expect(conversation.says('Sorry, what was that?')).toMatch(/^I have booked Meeting with Anna/);
    expect(conversation.says(BOOKING)).toMatch(/^Meeting with Anna is in the calendar already/);
    expect(conversation.says('')).toMatch(/^Meeting with Anna is in the calendar already/);
    expect(conversation.calls).toHaveLength(1);
  });

  it('is not made again after a false alarm', () => {
    const conversation = new Conversation();
    conversation.says(BOOKING);
    expect(conversation.says('')).toBe('Is there anything else I can do for you?');
    expect(conversation.calls).toHaveLength(1);
  });

  it('is made when its request was cut off before the call was', () => {
    const conversation = new Conversation();
    conversation.hears(BOOKING);
    expect(conversation.says('Sorry, wait a moment. I have a question.')).toMatch(/go ahead/);
    expect(conversation.calls).toHaveLength(0);
    expect(conversation.says('It is fine now, thank you.')).toMatch(/^I have booked/);
  });

  it('becomes a move when another time is said meanwhile', () => {
    const conversation = new Conversation();
    conversation.hears(BOOKING);
    const callId = conversation.makes(conversation.think());
    conversation.hears('No, make it four.');
    expect(conversation.think()).toMatchObject([{ kind: 'say' }]);
    conversation.results(callId);
    expect(conversation.think()).toEqual([
      {
        kind: 'call',
        name: 'move_event',
        arguments: { event_id: 'ev_new', start: '2026-12-02T16:00', duration_minutes: 60 },
      },
    ]);
  });
});

describe('the skill', () => {
  it('leaves other conversations alone', () => {
    const without = new Conversation(calendar, { tools: [tool('end_call')] });
    expect(without.says('Book a meeting with Anna tomorrow at three.')).not.toMatch(/booked/);
    const conversation = new Conversation();
    expect(conversation.says('What is your name?')).toMatch(/Mary/);
    expect(conversation.says('How much does it cost?')).not.toMatch(/event id|Standup|It is Tuesday/);
    expect(conversation.says('Tell me more, that is interesting.')).not.toMatch(/event id|Standup|book_event|2026/);
    expect(conversation.calls).toEqual([]);
  });

  it.each([
    'What is on offer today?',
    'Is it free?',
    'Are you free to talk?',
    'I need to cancel my order.',
    'Tomorrow at three in the afternoon would be fine.',
    'I would like two margherita pizzas and one cola, please.',
    'Okay, that works for me.',
    "What's up?",
  ])('has nothing to do with "%s"', (text) => {
    const conversation = new Conversation();
    expect(conversation.says(text)).not.toMatch(/calendar|book/);
    expect(conversation.calls).toEqual([]);
  });

  it('goes on with what was cut off by a noise', () => {
    const conversation = new Conversation();
    conversation.hears('Cancel the dentist appointment.');
    conversation.results(conversation.makes(conversation.think()));
    conversation.turns.push({ role: 'assistant', text: 'I have' });
    const responseInstructions = `Your last words were: "I have". Go on from there in the same sentence.\n\n${INSTRUCTIONS}`;
    const [part] = think({
      sessionInstructions: INSTRUCTIONS,
      responseInstructions,
      turns: conversation.turns,
      tools: TOOLS,
      toolChoice: 'auto',
    });
    expect(part).toMatchObject({
      text: expect.stringMatching(/^As I was saying, I have cancelled Dentist/) as unknown,
    });
  });

  it('never books the same twice, whatever is said and however often it is asked', () => {
    const line = fc.constantFrom(
      'Book a meeting with Anna tomorrow at three.',
      'Book a meeting with Anna tomorrow.',
      'At three, please.',
      'Yes, the first one.',
      'No.',
      'Make it four.',
      'Sorry, wait a moment.',
      'What do I have tomorrow?',
      'Find me a free slot tomorrow.',
      'Cancel it.',
      'Thank you.',
      '',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.boolean()), { maxLength: 8 }), fc.boolean(), (lines, isBusy) => {
        const conversation = new Conversation(isBusy ? busy : calendar);
        const open = new Set<string>();
        for (const [text, isAnswered] of lines) {
          conversation.hears(text);
          const parts = conversation.think();
          expect(parts.length).toBeGreaterThan(0);
          if (!parts.some(({ kind }) => kind === 'call')) continue;
          const callId = conversation.makes(parts);
          const [name, args] = conversation.calls[conversation.calls.length - 1] as [string, Answer];
          const key = JSON.stringify([name, args]);
          expect([...open]).not.toContain(key);
          if (isAnswered) conversation.results(callId);
          else open.add(key);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('works without a date in the instructions', () => {
    const conversation = new Conversation(calendar, { sessionInstructions: 'You are Mary.' });
    conversation.says('What do I have on the fifth of march 2027?');
    expect(conversation.calls).toEqual([['look_up_day', { date: '2027-03-05' }]]);
  });

  it('does what is asked before it says goodbye', () => {
    const conversation = new Conversation();
    conversation.says('Cancel the dentist appointment. Thank you, goodbye.');
    expect(conversation.calls).toEqual([['cancel_event', { event_id: 'ev_dentist' }]]);
    expect(conversation.says('Thank you, goodbye.')).toMatch(/goodbye/i);
  });
});
