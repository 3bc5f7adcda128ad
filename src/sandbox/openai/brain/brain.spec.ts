import * as fc from 'fast-check';
import { think } from './brain';
import type { BrainInput, BrainPart, BrainTool, BrainTurn } from './brain.port';

const SOLAR = [
  'You are Mary, a friendly sales agent for Bright Solar.',
  'Introduce the new home battery. The battery costs 4,900 dollars including installation.',
  'We are open from 9 to 5 on weekdays.',
  'Ask whether the customer owns their home. Ask about their monthly electricity bill. Offer a free inspection.',
].join('\n');
const END_CALL: BrainTool = {
  name: 'end_call',
  description: 'Ends the call.',
  parameters: { type: 'object', properties: { reason: { type: 'string' } }, required: ['reason'] },
};
const BOOK: BrainTool = {
  name: 'book_appointment',
  description: 'Books an appointment for the customer.',
  parameters: {
    type: 'object',
    properties: {
      date: { type: 'string', format: 'date' },
      kind: { enum: ['visit', 'call'] },
      people: { type: 'integer', minimum: 1 },
    },
    required: ['date', 'kind', 'people'],
  },
};

const ask = (input: Partial<BrainInput>): BrainPart[] =>
  think({ sessionInstructions: SOLAR, responseInstructions: '', turns: [], tools: [], toolChoice: 'auto', ...input });
const user = (text: string): BrainTurn => ({ role: 'user', text });
const agent = (text: string): BrainTurn => ({ role: 'assistant', text });
const spoken = (parts: BrainPart[]): string =>
  parts
    .map((part) => (part.kind === 'say' ? part.text : ''))
    .join(' ')
    .trim();

describe('exact words', () => {
  it.each([
    ['Say word for word "Are you still there?" and nothing else.', 'Are you still there?'],
    ['Say exactly: "A one." then "B two", and then "C three".', 'A one. B two C three'],
    ['Say “Good morning” verbatim.', 'Good morning'],
    ['Say exactly: "He said \\"no\\" to me."', 'He said "no" to me.'],
    ['Please repeat the following sentence verbatim: "It is late."', 'It is late.'],
    ['Say "Good evening."', 'Good evening.'],
    ['Say word for word "A one." and nothing else. Say word for word "B two." and nothing else.', 'A one. B two.'],
    ['Begin by saying word for word "Once I was here." Then say word for word "B two."', 'Once I was here. B two.'],
    ['Say word for word "I repeat these words exactly: no." and nothing else.', 'I repeat these words exactly: no.'],
    ['Say exactly "A one." Then ask for their email address.', 'A one. Could you tell me your email address?'],
    ['Say exactly "A one." Then let them speak.', 'A one.'],
  ])('%s', (responseInstructions, words) => {
    expect(ask({ responseInstructions, turns: [agent('Hello.'), user('How much does it cost?')] })).toEqual([
      { kind: 'say', text: words },
    ]);
  });

  it('are followed by what the instructions go on to demand', () => {
    const rules = '\n\n# Who you are\nYou are Tom. The price is 5 dollars.';
    const greeted = spoken(
      ask({
        responseInstructions: `Begin by saying word for word "I am a machine." In the same breath greet the other person.${rules}`,
      }),
    );
    expect(greeted).toMatch(/^I am a machine\. .*help you/);
    const answered = spoken(
      ask({
        responseInstructions: `Begin by saying word for word "I am a machine." Then answer what was said last.${rules}`,
        turns: [user('How much does it cost?')],
      }),
    );
    expect(answered).toMatch(/^I am a machine\. The price is 5 dollars\./);
  });

  const OWED = 'Hello, this is an automated assistant speaking on behalf of Acme.';
  const PROMPT = '# What you are to do\nGoal: sell a lamp. Ask which colour they like.';

  it.each(['Hello?', 'Yes?', 'Good morning.', 'Who is this?', ''])(
    'are all that is said of a demand, after "%s"',
    (said) => {
      const responseInstructions = `Begin by saying word for word "${OWED}". Then answer what was said last.\n\n${PROMPT}`;
      const text = spoken(ask({ responseInstructions, turns: said === '' ? [] : [user(said)] }));
      expect(text.startsWith(OWED)).toBe(true);
      expect(text.length).toBeGreaterThan(OWED.length + 10);
      expect(text).not.toMatch(/then|answer|said last|word for word/i);
    },
  );

  it('may be a response of their own, before a greeting or an answer', () => {
    const alone = `Say word for word "${OWED}" and nothing else.`;
    for (const first of [[], [user('Hello?')]]) {
      expect(ask({ responseInstructions: alone, turns: first })).toEqual([{ kind: 'say', text: OWED }]);
      const turns = [...first, agent(OWED)];
      const greeted = spoken(
        ask({ turns, responseInstructions: `You speak first: greet the other person in one sentence.\n\n${PROMPT}` }),
      );
      expect(greeted).toMatch(/How can I help you today\?$/);
      expect(greeted).not.toMatch(/speak first|greet/);
      const answered = spoken(ask({ turns, sessionInstructions: PROMPT }));
      expect(answered).toContain('Which colour do you like?');
      expect(answered).not.toContain('Goal');
    }
  });

  it('of the session come at their moment and not otherwise', () => {
    const sessionInstructions =
      'Start by saying exactly: "Acme, good day." If they ask about refunds, say exactly: "Refunds take five days."';
    expect(spoken(ask({ sessionInstructions }))).toBe('Acme, good day.');
    const turns = [agent('Acme, good day.'), user('Can I get a refund?')];
    expect(spoken(ask({ sessionInstructions, turns }))).toBe('Refunds take five days.');
    expect(spoken(ask({ sessionInstructions, turns: [agent('Acme, good day.'), user('Who are you?')] }))).not.toMatch(
      /Refunds/,
    );
  });
});

describe('going on from there', () => {
  const turns = [agent('Hello, this is Mary. Do you own your home?'), user('Yes.'), agent('Very good. I would like')];
  const rest = 'As I was saying, could you tell me your monthly electricity bill?';

  it.each([
    'You have already said "Very good. I would like". Go on from there.',
    'The line broke. Words that were heard: “Very good. I would like”. Go on from there in one short sentence.',
    'You had said exactly "Very good. I would like" when you were interrupted. Go on from there.',
    '"Very good. I would like" - go on from there.',
    'You were cut off in the middle of what you were saying. Your last words were: "Very good. I would like". ' +
      `Go on from there in the same sentence: do not repeat those words, do not greet.\n\n# Who you are\n${SOLAR}`,
  ])('%s', (responseInstructions) => {
    const spokenNow = spoken(ask({ responseInstructions, turns }));
    expect(spokenNow).toMatch(/^As I was saying, /);
    expect(spokenNow).toMatch(/electricity bill/);
    expect(spokenNow).not.toMatch(/hello|very good|own your home/i);
    expect(spokenNow.length).toBeLessThan(rest.length + 40);
  });

  it('knows the session, or the background that the directive came with', () => {
    const directive = 'You have already said "Good day". Go on from there.';
    const tom = '\n\n# Who you are\nYou are Tom from Acme. Ask which colour they like.';
    expect(spoken(ask({ responseInstructions: directive + tom, turns }))).toBe(
      'As I was saying, which colour do you like?',
    );
    expect(spoken(ask({ responseInstructions: directive }))).toMatch(/^As I was saying, do you own your home\?/);
  });

  it('is no reason to leave exact words out, and words in a quotation are no directive', () => {
    const first = 'Say word for word "One moment, the line was gone." Then go on from there.';
    expect(spoken(ask({ responseInstructions: first, turns }))).toMatch(/^One moment, the line was gone\. \S+/);
    const quoted = 'Say word for word "Go on from there." and nothing else.';
    expect(spoken(ask({ responseInstructions: quoted, turns }))).toBe('Go on from there.');
  });
});

describe('demands in other words', () => {
  it.each([
    ['Greet the caller warmly.', /^Hello, |^Hello\./],
    ['Ask whether they are still there.', /still there\?/],
    ['The caller has been silent. Check on them.', /still/],
    ['Say goodbye, the time limit is reached.', /time is up.*goodbye/i],
    ['Tell the caller that a colleague will call them back tomorrow.', /^A colleague will call you back tomorrow\.$/],
    ['Ask for their email address.', /^Could you tell me your email address\?$/],
    ['Apologise for the delay.', /^I am sorry for the delay\.$/],
    ['Read the following text aloud.', /^The train leaves at nine\.$/],
  ])('%s', (responseInstructions, words) => {
    expect(spoken(ask({ responseInstructions, turns: [user('The train leaves at nine.')] }))).toMatch(words);
  });
});

describe('a conversation', () => {
  const talk = (lines: string[], tools: BrainTool[] = []): string[] => {
    const turns: BrainTurn[] = [agent('Hello, this is Mary from Bright Solar.')];
    return lines.map((line) => {
      turns.push(user(line));
      const text = spoken(ask({ turns, tools }));
      turns.push(agent(text));
      return text;
    });
  };

  it('goes through the questions of the instructions and answers in between', () => {
    const said = talk([
      'Hello?',
      'How much does it cost?',
      'Are you a robot?',
      'What are your opening hours?',
      'Okay, that works for me.',
    ]);
    expect(said[0]).toContain('Do you own your home?');
    expect(said[1]).toContain('The battery costs 4,900 dollars including installation.');
    expect(said[1]).toContain('Could you tell me about your monthly electricity bill?');
    expect(said[2]).toContain('automated assistant');
    expect(said[3]).toContain('We are open from 9 to 5 on weekdays.');
    expect(new Set(said).size).toBe(said.length);
  });

  it('does not ask for what the person has said already', () => {
    const sessionInstructions = 'Ask for their name. Ask for their delivery address. Ask when it is needed.';
    const turns = [agent('Hello.'), user('My name is Alex Carter, and please deliver it to 12 Oak Street.')];
    expect(spoken(ask({ sessionInstructions, turns }))).not.toMatch(/your (?:name|delivery address)/);
  });

  it('takes up an interrupted question again', () => {
    const turns = [agent('Hello.'), user('Yes?'), agent('All right. Do you'), user('Sorry, go on.')];
    expect(spoken(ask({ turns }))).toContain('Do you own your home?');
  });

  it('lets somebody speak who asks for it, and repeats itself when asked', () => {
    const said = talk(['Sorry, wait a moment. I have a question.', 'Could you repeat that, please?']);
    expect(said[0]).toContain('please go ahead');
    expect(said[1]).toContain(said[0]);
  });

  it('says goodbye and then hangs up', () => {
    for (const line of ['No thanks, goodbye.', 'That is all, thank you.', 'I am not interested.']) {
      const parts = ask({ turns: [agent('Hello.'), user(line)], tools: [END_CALL] });
      expect(parts.map((part) => part.kind)).toEqual(['say', 'call']);
      expect(spoken(parts)).toMatch(/goodbye/i);
      expect(parts[1]).toMatchObject({ name: 'end_call', arguments: { reason: expect.any(String) as unknown } });
    }
    expect(ask({ turns: [agent('Hello.'), user('Goodbye.')], tools: [END_CALL], toolChoice: 'none' })).toHaveLength(1);
  });

  it('never says goodbye while it still has something to ask', () => {
    for (const line of [
      'Yes.',
      'Tell me more.',
      'I would give it a four.',
      'Tomorrow at three.',
      'What?',
      'My name is Alex.',
    ]) {
      expect(talk([line])[0]).not.toMatch(/\b(?:good)?bye\b/i);
    }
  });

  it('answers anything at all, quickly and in a few sentences', () => {
    const word = fc.constantFrom(
      'a',
      'one',
      'with',
      'and',
      'order',
      '"',
      'say',
      'exactly',
      'ask',
      'you',
      'the',
      '?',
      '.',
      '\n',
      'x'.repeat(60),
    );
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.array(word, { maxLength: 120 }).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, text, fc.array(text, { maxLength: 4 }), (sessionInstructions, responseInstructions, lines) => {
        const startedAt = performance.now();
        const parts = ask({
          sessionInstructions,
          responseInstructions,
          turns: lines.map(user),
          tools: [END_CALL, BOOK],
        });
        expect(parts.length).toBeGreaterThan(0);
        expect(performance.now() - startedAt).toBeLessThan(3000);
      }),
    );
  });
});

describe('tools', () => {
  it('are called when the words meet them, with arguments that fit the schema', () => {
    const [call] = ask({
      turns: [agent('Hello.'), user('Please book an appointment for two people, a visit tomorrow.')],
      tools: [BOOK],
    });
    expect(call).toMatchObject({
      name: 'book_appointment',
      arguments: { date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as unknown, kind: 'visit', people: 2 },
    });
    expect(ask({ turns: [agent('Hello.'), user('How are you?')], tools: [BOOK] })[0]?.kind).toBe('say');
  });

  it('text what was just told to whoever asks for it in writing', () => {
    const SEND_TEXT: BrainTool = {
      name: 'send_text',
      description: 'Texts something to the phone of the person on the line.',
      parameters: { type: 'object', properties: { body: { type: 'string' } }, required: ['body'] },
    };
    const turns = (said: string) => [agent('We are at 12 Main Street. Do you know it?'), user(said)];
    for (const said of [
      'Can you text me that please?',
      'Please send me that as a text.',
      'Send it to my phone, bye.',
    ]) {
      expect(ask({ turns: turns(said), tools: [SEND_TEXT, END_CALL] })).toEqual([
        { kind: 'call', name: 'send_text', arguments: { body: 'We are at 12 Main Street.' } },
      ]);
    }
    for (const said of ['What does the text say?', 'I sent you a message.', 'Yes.']) {
      expect(ask({ turns: turns(said), tools: [SEND_TEXT] })[0]?.kind).toBe('say');
    }
  });

  it('are called when they must be and never when they must not', () => {
    const turns = [agent('Hello.'), user('How are you?')];
    expect(ask({ turns, tools: [BOOK], toolChoice: 'required' })[0]).toMatchObject({ name: 'book_appointment' });
    expect(
      ask({ turns, tools: [END_CALL, BOOK], toolChoice: { type: 'function', name: 'book_appointment' } }),
    ).toMatchObject([{ name: 'book_appointment' }]);
    const asked = [agent('Hello.'), user('Book an appointment, a visit.')];
    expect(ask({ turns: asked, tools: [BOOK], toolChoice: 'none' })[0]?.kind).toBe('say');
  });

  it('are answered for: the result is told, a failure is admitted', () => {
    const turns = (output: string): BrainTurn[] => [
      agent('Hello.'),
      user('Book an appointment.'),
      { role: 'call', name: 'book_appointment', callId: 'c', arguments: '{}' },
      { role: 'result', callId: 'c', output },
    ];
    expect(spoken(ask({ turns: turns('{"message":"Booked for nine."}'), tools: [BOOK] }))).toMatch(
      /^Booked for nine\./,
    );
    expect(spoken(ask({ turns: turns('{"error":"full"}'), tools: [BOOK] }))).toMatch(/sorry/);
  });
});

describe('another language', () => {
  const prompt = (language: string) => `${SOLAR}\nSpeak ${language} unless the other person asks for another language.`;

  it.each([
    ['Spanish', '¿en qué puedo ayudarle?', 'con mucho gusto', 'Gracias, adiós.', 'y adiós'],
    ['Mexican Spanish', '¿en qué puedo ayudarle?', 'con mucho gusto', '¡Hasta luego!', 'y adiós'],
    ['German', 'wie kann ich Ihnen helfen?', 'Aber gerne', 'Danke, auf Wiederhören.', 'auf Wiederhören'],
    ['French', 'que puis-je faire pour vous', 'Bien sûr', 'Merci, au revoir.', 'au revoir'],
  ])('%s is spoken where the instructions ask for it', (language, greeting, reply, goodbye, farewell) => {
    const sessionInstructions = prompt(language);
    const greeted = spoken(ask({ sessionInstructions }));
    expect(greeted).toContain(greeting);
    const turns = [agent(greeted), user('¿Qué me ofrece? Was kostet das?')];
    const answered = spoken(ask({ sessionInstructions, turns }));
    expect(answered).toContain(reply);
    const next = [...turns, agent(answered), user('Ja, sí, oui.')];
    expect(spoken(ask({ sessionInstructions, turns: next }))).not.toBe(answered);
    const end = ask({ sessionInstructions, turns: [...next, user(goodbye)], tools: [END_CALL] });
    expect(spoken(end)).toContain(farewell);
    expect(end.at(-1)).toMatchObject({ kind: 'call', name: 'end_call' });
  });

  it('is English for all others', () => {
    expect(spoken(ask({ sessionInstructions: prompt('Klingon') }))).toBe(
      spoken(ask({ sessionInstructions: prompt('English') })),
    );
  });
});
