import fc from 'fast-check';
import { FRAME_BYTES, FRAME_MS } from '../../media/g711';
import { FakeVoices } from '../spec-support/fake-voices';
import { COUGH } from './cough';
import type { PhoneBehaviour, VoicemailBehaviour } from './directory';
import { Person } from './person';
import type { PhoneParty } from './phone-party';
import { FAREWELL } from './script';
import { Voicemail } from './voicemail';

/** A phone with somebody on it, stepped by hand: no second of a spec takes a second. */
class Stage {
  readonly voices = new FakeVoices();
  readonly pressed: { digit: string; atMs: number }[] = [];
  readonly spokenFrames: boolean[] = [];
  hungUpAtMs: number | undefined;
  nowMs = 0;
  readonly party: PhoneParty;
  private readonly agent: Buffer[] = [];

  constructor(create: (stage: Stage) => PhoneParty) {
    this.party = create(this);
  }

  static person(
    behaviour: PhoneBehaviour = 'talks',
    order: { says?: string[]; digits?: string; isCaller?: boolean } = {},
  ): Stage {
    return new Stage(
      (stage) =>
        new Person({ behaviour, isCaller: false, name: 'Emily', ...order }, stage.voices, stage.phone, (error) => {
          throw error;
        }),
    );
  }

  get phone() {
    return {
      press: (digit: string) => {
        this.pressed.push({ digit, atMs: this.nowMs });
      },
      hangUp: () => {
        this.hungUpAtMs = this.nowMs;
      },
    };
  }

  get said(): string[] {
    return this.party.said.map((line) => line.text);
  }

  /** The agent says something that takes so long. */
  hears(text: string, ms = 1000): void {
    const { mulaw } = this.voices.speech(text, ms / FRAME_MS);
    for (let at = 0; at < mulaw.length; at += FRAME_BYTES) this.agent.push(mulaw.subarray(at, at + FRAME_BYTES));
  }

  stopsTheAgent(): void {
    this.agent.length = 0;
  }

  async passes(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= FRAME_MS) {
      this.nowMs += FRAME_MS;
      this.spokenFrames.push(this.party.step(this.agent.shift()) !== undefined);
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  async until(isSo: () => boolean, withinMs = 60_000): Promise<void> {
    const deadlineMs = this.nowMs + withinMs;
    while (!isSo()) {
      if (this.nowMs > deadlineMs)
        throw new Error(`Nothing came within ${withinMs} ms. Said: ${this.said.join(' | ')}`);
      await this.passes(FRAME_MS);
    }
  }

  get isSpeaking(): boolean {
    return this.spokenFrames.at(-1) === true;
  }
}

describe('a person on the phone', () => {
  it('says hello when nobody speaks, and not when somebody does', async () => {
    const alone = Stage.person();
    await alone.passes(1480);
    expect(alone.said).toEqual([]);
    await alone.passes(60);
    expect(alone.said).toEqual(['Hello?']);

    const greeted = Stage.person();
    greeted.hears('Good morning', 2000);
    await greeted.passes(2000);
    expect(greeted.said).toEqual([]);
  });

  it('answers about a second after the agent has finished, not in the middle', async () => {
    const stage = Stage.person();
    stage.hears('Good morning', 2000);
    await stage.passes(3040);
    expect(stage.said).toEqual([]);
    await stage.passes(160);
    expect(stage.said).toEqual(['Yes, speaking. What is this about?']);
    expect(stage.party.heard).toMatchObject([{ text: 'Good morning', start_ms: 0, end_ms: 2000 }]);
  });

  it('waits on when the agent only took a breath', async () => {
    const stage = Stage.person();
    stage.hears('First half', 1000);
    await stage.passes(1900);
    stage.hears('second half', 1000);
    await stage.passes(1500);
    expect(stage.said).toEqual([]);
    await stage.passes(1000);
    expect(stage.said).toHaveLength(1);
  });

  it.each([
    ['May I have your name, please?', 'My name is Emily.'],
    ['What is your delivery address?', 'Please deliver it to 12 Oak Street.'],
    ['What would you like to order?', 'I would like two margherita pizzas and one cola, please.'],
    ['On a scale of one to five, how was it?', 'I would give it a four.'],
    ['What time suits you?', 'Tomorrow at three in the afternoon would be fine.'],
    ['Could you give me your name and the address?', 'My name is Emily. Please deliver it to 12 Oak Street.'],
    ['Are you still there?', 'Yes, I am still here.'],
    ['Can I help you with anything else?', 'No, that is all, thank you.'],
    ['Is that correct?', 'Yes, that is correct.'],
    ['Goodbye and have a nice day.', 'Goodbye.'],
  ])('answers %j with %j', async (asked, answer) => {
    const stage = Stage.person();
    stage.hears(asked);
    await stage.until(() => stage.said.length === 1);
    expect(stage.said).toEqual([answer]);
  });

  it('holds a conversation, says goodbye and hangs up four seconds later', async () => {
    const stage = Stage.person();
    for (let turn = 1; turn <= 5; turn++) {
      stage.hears(`Turn ${turn} of the agent`);
      await stage.until(() => stage.said.length === turn);
    }
    expect(stage.said.at(-1)).toBe(FAREWELL);
    await stage.until(() => !stage.isSpeaking);
    const saidAtMs = stage.nowMs;
    await stage.until(() => stage.hungUpAtMs !== undefined);
    expect((stage.hungUpAtMs ?? 0) - saidAtMs).toBeGreaterThanOrEqual(3900);
    expect((stage.hungUpAtMs ?? 0) - saidAtMs).toBeLessThanOrEqual(4100);
  });

  it('hears a goodbye out before hanging up', async () => {
    const stage = Stage.person('talks', { says: ['Bye.'] });
    stage.hears('Hello');
    await stage.until(() => stage.said.length === 1);
    stage.hears('A long farewell', 6000);
    await stage.until(() => stage.hungUpAtMs !== undefined);
    expect(stage.party.heard.at(-1)).toMatchObject({ text: 'A long farewell' });
  });

  it('asks whether anybody is there after ten seconds, and gives up after the third time', async () => {
    const stage = Stage.person();
    stage.hears('Hello');
    await stage.until(() => stage.said.length === 1);
    await stage.until(() => stage.hungUpAtMs !== undefined);
    expect(stage.said.slice(1)).toEqual(Array(3).fill('Hello? Are you there?'));
    expect(stage.hungUpAtMs).toBeGreaterThan(40_000);
  });

  it('says what it was given, in order, whatever is asked', async () => {
    const stage = Stage.person('talks', { says: ['First.', 'Second.'], isCaller: true });
    for (let turn = 1; turn <= 3; turn++) {
      stage.hears('What is your name?');
      await stage.until(() => stage.said.length === turn);
    }
    expect(stage.said).toEqual(['First.', 'Second.', FAREWELL]);
  });

  it('does not answer what was cut off by its own words', async () => {
    const stage = Stage.person();
    await stage.until(() => stage.said.length === 1);
    stage.hears('I was saying', 120);
    await stage.passes(3000);
    expect(stage.said).toEqual(['Hello?']);
  });

  it('0105 interrupts twice in mid-sentence, then talks normally', async () => {
    const stage = Stage.person('interrupts');
    stage.hears('Short', 1000);
    await stage.until(() => stage.said.length === 1);
    for (const interruption of [2, 3]) {
      await stage.until(() => !stage.isSpeaking);
      await stage.passes(600);
      stage.hears(`A long speech ${interruption}`, 6000);
      const startedAtMs = stage.nowMs;
      await stage.until(() => stage.said.length === interruption);
      expect(stage.nowMs - startedAtMs).toBeGreaterThanOrEqual(1780);
      expect(stage.nowMs - startedAtMs).toBeLessThanOrEqual(1900);
      await stage.passes(300);
      stage.stopsTheAgent();
    }
    await stage.until(() => !stage.isSpeaking);
    stage.hears('The third long speech', 6000);
    await stage.passes(6000);
    expect(stage.said).toHaveLength(3);
    await stage.until(() => stage.said.length === 4);
  });

  it('0106 says nothing at all', async () => {
    const stage = Stage.person('silent');
    stage.hears('Hello?');
    await stage.passes(60_000);
    expect(stage.said).toEqual([]);
    expect(stage.hungUpAtMs).toBeUndefined();
  });

  it('0107 hangs up in the middle of its second sentence', async () => {
    const stage = Stage.person('hangs-up');
    stage.hears('Hello');
    await stage.until(() => stage.said.length === 1);
    stage.hears('Let me explain');
    await stage.until(() => stage.hungUpAtMs !== undefined);
    expect(stage.party.said.map((line) => line.interrupted)).toEqual([false, true]);
  });

  it('0108 never pauses long enough to be answered', async () => {
    const stage = Stage.person('never-stops');
    await stage.passes(60_000);
    let quietMs = 0;
    let longestMs = 0;
    for (const isSpeaking of stage.spokenFrames.slice(60)) {
      quietMs = isSpeaking ? 0 : quietMs + FRAME_MS;
      longestMs = Math.max(longestMs, quietMs);
    }
    expect(longestMs).toBeLessThan(400);
    expect(stage.said.length).toBeGreaterThan(15);
  });

  it('0109 presses 1, 2 and # after the first thing it hears, then talks', async () => {
    const stage = Stage.person('presses-keys');
    stage.hears('Press a key');
    await stage.until(() => stage.said.length === 1);
    expect(stage.pressed.map((key) => key.digit).join('')).toBe('12#');
    expect((stage.pressed[1]?.atMs ?? 0) - (stage.pressed[0]?.atMs ?? 0)).toBe(300);
  });

  it('0210 says "Mhm." twice while the agent speaks its second turn, and answers it all the same', async () => {
    const stage = Stage.person('backchannels');
    stage.hears('The first turn', 6000);
    await stage.until(() => stage.said.length === 1);
    expect(stage.said).toEqual(['Yes, speaking. What is this about?']);
    await stage.until(() => !stage.isSpeaking);
    await stage.passes(600);
    const startedAtMs = stage.nowMs;
    stage.hears('The second turn', 8000);
    await stage.passes(8000);
    expect(stage.said.slice(1)).toEqual(['Mhm.', 'Mhm.']);
    const [, first, second] = stage.party.said;
    expect((first?.start_ms ?? 0) - startedAtMs).toBe(1180);
    expect((second?.start_ms ?? 0) - (first?.start_ms ?? 0)).toBe(2000);
    await stage.until(() => stage.said.length === 4);
    expect(stage.said[3]).toBe('That sounds interesting. Please tell me more.');
    stage.hears('The third turn', 6000);
    await stage.until(() => stage.said.length === 5);
    expect(stage.said).not.toContain('(coughs)');
    expect(stage.said.filter((line) => line === 'Mhm.')).toHaveLength(2);
  });

  it('0211 coughs once in the middle of the second turn of the agent', async () => {
    const stage = Stage.person('coughs');
    stage.hears('The first turn', 6000);
    await stage.until(() => stage.said.length === 1);
    await stage.until(() => !stage.isSpeaking);
    stage.hears('The second turn', 6000);
    await stage.until(() => stage.said.length === 2);
    expect(stage.party.said[1]?.text).toBe(COUGH.text);
    const heardFrames = stage.spokenFrames.length;
    await stage.passes(3000);
    expect(stage.spokenFrames.slice(heardFrames - 1).filter(Boolean)).toHaveLength(COUGH.mulaw.length / FRAME_BYTES);
    await stage.until(() => stage.said.length === 3);
    expect(stage.said[2]).toBe('That sounds interesting. Please tell me more.');
  });

  it('0214 picks up with a long greeting, then talks; a caller of that number just talks', async () => {
    const stage = Stage.person('long-greeting');
    await stage.until(() => stage.said.length === 1);
    expect(stage.nowMs).toBeLessThan(600);
    expect(stage.said[0]).toContain('Oak Street Dental');
    await stage.until(() => !stage.isSpeaking);
    await stage.passes(600);
    stage.hears('Good morning');
    await stage.until(() => stage.said.length === 2);
    expect(stage.said[1]).toBe('Yes, speaking. What is this about?');

    const caller = Stage.person('long-greeting', { isCaller: true });
    caller.hears('Good morning');
    await caller.until(() => caller.said.length === 1);
    expect(caller.said[0]).toContain('I have a question');
  });

  it('speaks in whole frames, and never again once the line is dead, whatever it hears', async () => {
    const sound = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 120 })), { maxLength: 12 });
    const behaviour = fc.constantFrom<PhoneBehaviour>(
      'talks',
      'interrupts',
      'hangs-up',
      'never-stops',
      'presses-keys',
      'backchannels',
      'coughs',
      'long-greeting',
    );
    await fc.assert(
      fc.asyncProperty(behaviour, sound, async (kind, stretches) => {
        const stage = Stage.person(kind);
        for (const [isSpeech, frames] of stretches) {
          if (isSpeech) stage.hears('some words', frames * FRAME_MS);
          await stage.passes(frames * FRAME_MS);
          for (const line of stage.party.said) expect(line.end_ms).toBeGreaterThanOrEqual(line.start_ms);
        }
        stage.party.end();
        const lines = stage.said.length;
        for (let i = 0; i < 100; i++) expect(stage.party.step(undefined)).toBeUndefined();
        expect(stage.said).toHaveLength(lines);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a voicemail', () => {
  const machine = (behaviour: VoicemailBehaviour) =>
    new Stage((each) => {
      return new Voicemail({ name: 'Emily', behaviour }, each.voices, each.phone, (error) => {
        throw error;
      });
    });

  it('greets, beeps, listens for twenty seconds and hangs up', async () => {
    const stage = machine('voicemail');
    await stage.until(() => stage.said.length === 1);
    await stage.until(() => !stage.isSpeaking);
    expect(stage.nowMs).toBeGreaterThan(2000);
    await stage.until(() => stage.isSpeaking);
    const beepAtMs = stage.nowMs;
    await stage.until(() => !stage.isSpeaking);
    expect(stage.nowMs - beepAtMs).toBe(280);
    stage.hears('Please call me back');
    await stage.until(() => stage.hungUpAtMs !== undefined);
    expect((stage.hungUpAtMs ?? 0) - beepAtMs).toBeGreaterThan(20_000);
    expect(stage.party.heard).toMatchObject([{ text: 'Please call me back' }]);
    expect(stage.party.recorded).toEqual(stage.party.heard);
  });

  it('without a beep records after a breath all the same', async () => {
    const stage = machine('voicemail-without-beep');
    await stage.until(() => stage.said.length === 1);
    await stage.until(() => !stage.isSpeaking);
    const silentFrames = stage.spokenFrames.length;
    await stage.passes(1000);
    stage.hears('Please call me back');
    await stage.until(() => stage.hungUpAtMs !== undefined);
    expect(stage.spokenFrames.slice(silentFrames)).not.toContain(true);
    expect(stage.party.recorded).toMatchObject([{ text: 'Please call me back' }]);
  });

  it('records of a sentence only what was spoken after the beep, with its times', async () => {
    const stage = machine('voicemail-long-greeting');
    await stage.until(() => stage.said.length === 1);
    stage.hears('Over the greeting', 1000);
    await stage.until(() => !stage.isSpeaking);
    await stage.until(() => stage.isSpeaking);
    const words = ['before', 'between', 'behind'].map((text) => {
      stage.hears(text, 200);
      return text;
    });
    await stage.until(() => stage.hungUpAtMs !== undefined);
    expect(stage.party.heard.map((line) => line.text)).toEqual(['Over the greeting', words.join(' ')]);
    expect(stage.party.recorded).toMatchObject([{ text: 'between behind' }]);
    const [recorded] = stage.party.recorded ?? [];
    const [, heard] = stage.party.heard;
    expect(recorded?.start_ms).toBeGreaterThan(heard?.start_ms ?? Infinity);
    expect(recorded?.end_ms).toBe(heard?.end_ms);
  });
});
