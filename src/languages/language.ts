/** What is said in a fixed way, by the model word for word or by the carrier's own voice. */
export interface FixedSentences {
  /** {name} is the person or company the agent speaks for. */
  disclosure: string;
  /** Said after it where recordings are announced. */
  isRecorded: string;
  stillThere: string;
  silenceGoodbye: string;
  timeUpGoodbye: string;
  /** To somebody who picked up a call that we cannot carry: that a machine called, that it will not talk now, and goodbye. */
  busy: string;
  /** In the middle of a call that cannot go on. */
  trouble: string;
  /** To people who ring us, from here on. */
  welcome: string;
  pressAnyKey: string;
  noKey: string;
  numberUnknown: string;
  allBusy: string;
  notAvailable: string;
}

/** How the carrier reads something aloud: tags and voices that it has, which are fewer than there are. */
export interface SayAs {
  tag: string;
  /** Absent: the carrier chooses one. */
  voice?: string;
}

/** Common words of phone calls, first words above all, and letters that few languages have. */
export interface HeardByWords {
  /** A word that several languages have counts for each of them, less. */
  words: string;
  letters?: { of: RegExp; worth: number };
}

/** A script that no other language here has. */
export interface HeardByScript {
  script: RegExp;
  /** Letters of it that decide. */
  needs?: number;
}

/** Everything that the product itself says in a language, and how it is recognised. */
export interface Language {
  /** The usual one first; the others are those of other regions. */
  say: readonly [SayAs, ...SayAs[]];
  heardBy: HeardByWords | HeardByScript;
  sentences: FixedSentences;
}
