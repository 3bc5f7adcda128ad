import { createHash } from 'node:crypto';

/** Somebody with a simulated Google account. */
export interface Person {
  email: string;
  /** The account's id: 21 digits, the same after each start, never used again for another e-mail. */
  sub: string;
  name: string;
  givenName: string;
  familyName: string;
  /** IANA name of the zone that their calendars are in. */
  timeZone: string;
  /** The Workspace domain; a private account has none. */
  hostedDomain?: string;
}

/** So many people are known; a test that makes one for each row stays below. */
const MAX_PEOPLE = 5000;
const EMAIL = /^[^\s@<>"']{1,64}@[^\s@<>"']{1,190}$/;

/** There from the start; the first is who consents when nobody is named. */
const FIRST_PEOPLE = [
  { email: 'alex.morgan@example.com', name: 'Alex Morgan', timeZone: 'America/New_York' },
  { email: 'lena.vogt@example.org', name: 'Lena Vogt', timeZone: 'Europe/Berlin', hostedDomain: 'example.org' },
  { email: 'kenji.sato@example.net', name: 'Kenji Sato', timeZone: 'Asia/Tokyo' },
];

/** Who has an account at the simulated Google. Whoever is hinted at by an e-mail that nobody has is new here. */
export class People {
  private readonly byEmail = new Map<string, Person>();
  private arrived: (person: Person) => void = () => undefined;

  constructor() {
    for (const person of FIRST_PEOPLE) this.add(person);
  }

  /** Hears of everybody, those who are there already too. */
  whenArrived(hear: (person: Person) => void): void {
    this.arrived = hear;
    for (const person of this.byEmail.values()) hear(person);
  }

  all(): Person[] {
    return [...this.byEmail.values()];
  }

  get first(): Person {
    const [person] = this.byEmail.values();
    if (!person) throw new Error('The simulated Google has lost its first person.');
    return person;
  }

  find(emailOrSub: string): Person | undefined {
    return this.byEmail.get(emailOrSub.toLowerCase()) ?? this.all().find(({ sub }) => sub === emailOrSub);
  }

  /**
   * @returns the person that is there already under this e-mail, unchanged, or a new one; `undefined` when it is no
   * e-mail or the house is full
   */
  add({ email: written, name, timeZone, hostedDomain }: PersonOrder): Person | undefined {
    const email = written.toLowerCase();
    const known = this.byEmail.get(email);
    if (known) return known;
    if (!EMAIL.test(email) || this.byEmail.size >= MAX_PEOPLE) return undefined;
    const fullName = name ?? nameFrom(email);
    const [givenName = fullName, ...others] = fullName.split(' ');
    const person: Person = {
      email,
      sub: subOf(email),
      name: fullName,
      givenName,
      familyName: others.join(' '),
      timeZone: timeZone ?? 'America/New_York',
      ...(hostedDomain === undefined ? {} : { hostedDomain }),
    };
    this.byEmail.set(email, person);
    this.arrived(person);
    return person;
  }
}

export interface PersonOrder {
  email: string;
  name?: string;
  timeZone?: string;
  hostedDomain?: string;
}

/** `mary.jane-smith@…` is Mary Jane Smith. */
function nameFrom(email: string): string {
  const words = (email.split('@')[0] ?? email).split(/[._+-]+/).filter(Boolean);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ') || email;
}

function subOf(email: string): string {
  const number = createHash('sha256').update(email).digest().readBigUInt64BE(0);
  return `1${number.toString().padStart(20, '0')}`.slice(0, 21);
}
