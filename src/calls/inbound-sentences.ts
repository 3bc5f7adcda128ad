import type { Spoken } from '../integrations/telephony/telephony';

/** What the carrier's own voice says to people who ring us. */
export type InboundSentence = 'welcome' | 'pressAnyKey' | 'noKey' | 'numberUnknown' | 'allBusy' | 'notAvailable';

const ENGLISH: Readonly<Record<InboundSentence, string>> = {
  welcome: 'Welcome. You are about to talk to an automated assistant.',
  pressAnyKey: 'Please press any key to begin.',
  noKey: 'No key was pressed, so we end the call now. Goodbye.',
  numberUnknown: 'Nobody answers at this number. Goodbye.',
  allBusy: 'We are sorry, all lines are busy at the moment. Please call again later. Goodbye.',
  notAvailable: 'We are sorry, your call cannot be taken at the moment. Please call again later. Goodbye.',
};

export function inboundSentence(_languageTag: string, sentence: InboundSentence): Spoken {
  return { sentence: ENGLISH[sentence], language: 'en-US' };
}
