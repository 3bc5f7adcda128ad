import { FRAME_MS } from '../../media/g711';
import { COUGH } from './cough';
import type { PhoneBehaviour } from './directory';
import { Ear, type EarEvent, type HeardLine } from './ear';
import { KeyPresser } from './key-presser';
import { Mouth, type SaidLine } from './mouth';
import type { PhoneKeys, PhoneParty } from './phone-party';
import { Script, type ScriptSettings } from './script';
import type { Voices } from './voices';

/** How long a person who picked up waits for somebody to speak. */
const HELLO_AFTER_MS = 1500;
/** From the end of the agent's utterance (700 ms of silence told so) to the answer. */
const THINKING_MS = 400;
/**
 * An agent that is interrupted stops a moment after the person has spoken a short word; what ends within this time
 * after the person's own words is such a rest and no new utterance.
 */
const CUT_REST_MS = 300;
const NUDGE_AFTER_MS = 10_000;
/** Who gets no answer to so many "Are you there?" hangs up. */
const MAX_NUDGES = 3;
const HANG_UP_AFTER_FAREWELL_MS = 4000;
/** An agent in mid-sentence is heard out, but not for ever. */
const MAX_WAIT_AFTER_FAREWELL_MS = 15_000;
const INTERRUPTS_AFTER_MS = 1800;
const INTERRUPTIONS = ['Sorry, wait a moment. I have a question.', 'Excuse me, can I just say something?'];
/**
 * Sounds that a person makes while the agent speaks and that ask for nothing, one after the other from the agent's
 * second turn on.
 */
const ASIDES: Partial<Record<PhoneBehaviour, readonly string[]>> = {
  backchannels: ['Mhm.', 'Mhm.'],
  coughs: [COUGH.text],
};
/** How long the agent has to be speaking before an aside, and how long after the one before. */
const ASIDE_AFTER_MS = 1200;
const BETWEEN_ASIDES_MS = 2000;
/** How far into the second sentence the impatient one hangs up. */
const HANGS_UP_AT_PROGRESS = 0.55;
/** With the silence that a spoken sentence ends in (300 ms) too short for a turn detector to take for an end. */
const BREATH_MS = 40;
const FIRST_WORD_AFTER_MS = 1000;

const LONG_GREETING_AFTER_MS = 500;
/** About 7 seconds, as a receptionist says it or a machine. */
const longGreetingOf = (name: string): string =>
  `Good day and thank you for calling the office of Oak Street Dental. This is ${name} speaking. How may I help you today?`;

const HELLO = 'Hello?';
const NUDGE = 'Hello? Are you there?';
const MONOLOGUE = [
  'Let me tell you about my week, because it was quite a week.',
  'On Monday the car would not start, so I took the bus to work.',
  'The bus was late, and then it rained, and I had no umbrella.',
  'On Tuesday my neighbour asked me to look after her three cats.',
  'One of them likes to sit on the keyboard while I write letters.',
  'On Wednesday I baked a cake for my sister, but I forgot the sugar.',
  'She said it was very good, which was kind of her.',
  'And then on Thursday the washing machine made a terrible noise.',
];

export interface PersonSettings extends Pick<ScriptSettings, 'says' | 'isCaller' | 'name'> {
  behaviour: PhoneBehaviour;
  /** Pressed after the first thing heard. */
  digits?: string;
}

/** A person on the phone: listens, answers when the other side has finished, and has a temper of their own. */
export class Person implements PhoneParty {
  private readonly ear: Ear;
  private readonly mouth: Mouth;
  private readonly keys: KeyPresser;
  private readonly script: Script;

  private nowMs = 0;
  private unanswered = '';
  private replyAtMs: number | undefined;
  private digitsToPress: string | undefined;
  private interruptions = 0;
  private hasInterruptedThis = false;
  private asidesMade = 0;
  private lastAsideAtMs = -Infinity;
  private hasAnswered = false;
  private hasGreeted = false;
  private monologueLine = 0;
  private nudges = 0;
  /** Since when neither side has made a sound. */
  private quietSinceMs = 0;
  private farewellAtMs: number | undefined;
  private hasGone = false;

  constructor(
    private readonly settings: PersonSettings,
    voices: Voices,
    private readonly phone: PhoneKeys,
    onTrouble: (error: unknown) => void,
  ) {
    this.ear = new Ear((mulaw) => voices.recogniser.recognise(mulaw));
    this.mouth = new Mouth(voices, onTrouble);
    this.script = new Script(settings);
    this.keys = new KeyPresser((digit) => {
      phone.press(digit);
    });
    this.digitsToPress = settings.digits ?? (settings.behaviour === 'presses-keys' ? '12#' : undefined);
    if (settings.behaviour === 'silent') return;
    this.mouth.prepare(settings.behaviour === 'long-greeting' ? longGreetingOf(settings.name) : HELLO);
    for (const sound of new Set(ASIDES[settings.behaviour])) {
      if (sound === COUGH.text) this.mouth.keep(COUGH);
      else this.mouth.prepare(sound);
    }
    this.mouth.prepare(settings.behaviour === 'never-stops' ? (MONOLOGUE[0] as string) : this.script.upcoming);
    if (settings.behaviour === 'interrupts') for (const line of INTERRUPTIONS) this.mouth.prepare(line);
  }

  get heard(): readonly HeardLine[] {
    return this.ear.heard;
  }

  get said(): readonly SaidLine[] {
    return this.mouth.said;
  }

  step(frame: Uint8Array | undefined): Buffer | undefined {
    if (this.hasGone) return undefined;
    this.nowMs += FRAME_MS;
    const event = this.ear.step(frame);
    this.keys.step();
    if (this.mouth.isBusy || this.ear.isHearingSpeech || this.keys.isBusy) this.quietSinceMs = this.nowMs;
    this.decide(event);
    return this.hasGone ? undefined : this.mouth.step();
  }

  say(text: string): void {
    this.replyAtMs = undefined;
    this.unanswered = '';
    this.mouth.say(text);
  }

  press(digits: string): void {
    this.keys.enter(digits);
  }

  end(): void {
    if (this.hasGone) return;
    this.hasGone = true;
    this.mouth.shut();
    this.ear.finish();
  }

  private decide(event: EarEvent | undefined): void {
    switch (this.settings.behaviour) {
      case 'silent':
        return;
      case 'never-stops':
        this.talkOn();
        return;
      case 'hangs-up':
        if (this.mouth.said.length >= 2 && this.mouth.progress > HANGS_UP_AT_PROGRESS) {
          this.leave();
          return;
        }
        this.converse(event);
        return;
      case 'interrupts':
        this.interrupt(event);
        this.converse(event);
        return;
      case 'backchannels':
      case 'coughs':
        this.makeAside();
        this.converse(event);
        return;
      case 'long-greeting':
        this.greetAtLength();
        this.converse(event);
        return;
      default:
        this.converse(event);
    }
  }

  private converse(event: EarEvent | undefined): void {
    if (event === 'speech-started') this.replyAtMs = undefined;
    if (event === 'speech-ended') this.noteUtterance();
    if (this.mouth.isBusy) return;
    if (this.farewellAtMs !== undefined) this.waitForTheEnd();
    else if (this.replyAtMs !== undefined && this.nowMs >= this.replyAtMs) this.answer();
    else this.breakSilence();
  }

  /** What was cut off, or spoken while the person spoke, needs no answer: the agent is expected to begin again. */
  private noteUtterance(): void {
    const wasCut = (this.ear.lastLoudAtMs ?? 0) <= (this.mouth.lastSpokeAtMs ?? -Infinity) + CUT_REST_MS;
    if (wasCut || this.mouth.isBusy) return;
    this.unanswered = `${this.unanswered} ${this.ear.lastText}`.trim();
    this.nudges = 0;
    this.replyAtMs = this.nowMs + THINKING_MS;
  }

  private answer(): void {
    if (this.digitsToPress !== undefined) {
      this.keys.enter(this.digitsToPress);
      this.digitsToPress = undefined;
    }
    if (this.keys.isBusy) {
      this.replyAtMs = this.nowMs + THINKING_MS;
      return;
    }
    const line = this.script.reply(this.unanswered);
    this.hasAnswered = true;
    this.replyAtMs = undefined;
    this.unanswered = '';
    if (!line) return;
    if (line.isFarewell) this.farewellAtMs = this.nowMs;
    this.mouth.say(line.text);
    // One sentence ahead and no more: everybody's sentences share one speech engine.
    this.mouth.prepare(this.script.upcoming);
  }

  private breakSilence(): void {
    if (this.ear.isHearingSpeech || this.replyAtMs !== undefined) return;
    const hasBegun = this.mouth.said.length > 0 || this.ear.lastLoudAtMs !== undefined;
    if (this.nowMs - this.quietSinceMs < (hasBegun ? NUDGE_AFTER_MS : HELLO_AFTER_MS)) return;
    if (!hasBegun) {
      this.mouth.say(HELLO);
    } else if (this.nudges < MAX_NUDGES) {
      this.nudges += 1;
      this.mouth.say(NUDGE);
    } else {
      this.leave();
    }
  }

  /** Once in an utterance at most, and only while the agent is really speaking. */
  private interrupt(event: EarEvent | undefined): void {
    if (event === 'speech-started') this.hasInterruptedThis = false;
    const line = INTERRUPTIONS[this.interruptions];
    if (line === undefined || this.hasInterruptedThis || this.farewellAtMs !== undefined || this.mouth.isBusy) return;
    if (this.ear.speechMs < INTERRUPTS_AFTER_MS || this.ear.lastLoudAtMs !== this.nowMs) return;
    this.hasInterruptedThis = true;
    this.interruptions += 1;
    this.unanswered = '';
    this.mouth.say(line);
  }

  /** Only while the agent is really speaking, and not in its first turn. */
  private makeAside(): void {
    const sound = ASIDES[this.settings.behaviour]?.[this.asidesMade];
    if (sound === undefined || !this.hasAnswered || this.mouth.isBusy || this.farewellAtMs !== undefined) return;
    if (this.ear.speechMs < ASIDE_AFTER_MS || this.ear.lastLoudAtMs !== this.nowMs) return;
    if (this.nowMs - this.lastAsideAtMs < BETWEEN_ASIDES_MS) return;
    this.asidesMade += 1;
    this.lastAsideAtMs = this.nowMs;
    this.mouth.say(sound);
  }

  /** Somebody who picks up and speaks before anybody else does. */
  private greetAtLength(): void {
    if (this.hasGreeted || this.settings.isCaller || this.nowMs < LONG_GREETING_AFTER_MS) return;
    this.hasGreeted = true;
    this.mouth.say(longGreetingOf(this.settings.name));
  }

  private talkOn(): void {
    if (this.mouth.isBusy) return;
    const lastSpokeAtMs = this.mouth.lastSpokeAtMs;
    const pauseMs = lastSpokeAtMs === undefined ? FIRST_WORD_AFTER_MS : lastSpokeAtMs + BREATH_MS;
    if (this.nowMs < pauseMs) return;
    this.mouth.say(MONOLOGUE[this.monologueLine % MONOLOGUE.length] as string);
    this.monologueLine += 1;
    this.mouth.prepare(MONOLOGUE[this.monologueLine % MONOLOGUE.length] as string);
  }

  private waitForTheEnd(): void {
    const since = Math.max(this.farewellAtMs ?? 0, this.mouth.lastSpokeAtMs ?? 0);
    const waitedMs = this.nowMs - since;
    if (waitedMs < HANG_UP_AFTER_FAREWELL_MS) return;
    if (this.ear.isHearingSpeech && waitedMs < MAX_WAIT_AFTER_FAREWELL_MS) return;
    this.leave();
  }

  private leave(): void {
    if (this.hasGone) return;
    this.end();
    this.phone.hangUp();
  }
}
