import { disclosureIn, sentencesOf } from '../languages/languages';

/**
 * The fixed sentences of a conversation. They are told to the model word for word; what the callee must hear (that a
 * machine is speaking, and for whom) is not left to a prompt.
 */
export interface Phrases {
  disclosure: string;
  /** Said after it where recordings are announced. */
  isRecorded: string;
  stillThere: string;
  silenceGoodbye: string;
  timeUpGoodbye: string;
  /** Said by the carrier's own voice, because the model cannot. */
  troubleGoodbye: string;
}

/** The sentences of a language; English where we have none of it. */
export function phrasesFor(languageTag: string, name: string): Phrases {
  const { isRecorded, stillThere, silenceGoodbye, timeUpGoodbye, trouble } = sentencesOf(languageTag);
  return {
    disclosure: disclosureIn(languageTag, name),
    isRecorded,
    stillThere,
    silenceGoodbye,
    timeUpGoodbye,
    troubleGoodbye: trouble,
  };
}
