import { VoiceBox } from '../../src/sandbox/speech/voice-box';
import { SPEECH_DIR } from './sandbox';

/** What everybody says first, when a test has no time for the speech engine to come to it on a busy machine. */
const FIRST_WORDS: readonly [text: string, voice: string][] = [
  ['Hello, this is an automated assistant speaking on behalf of Acme Teas.', 'ballad'],
  ['Hello, this is an automated assistant speaking on behalf of Acme Teas.', 'alloy'],
  ['Hello, you have reached the voicemail of Daniel Moore. I cannot take your call right now.', 'person'],
  ['Please leave your name, your number and a short message after the tone.', 'person'],
  ['Hello?', 'person'],
];

/** Has it spoken and kept, once for all runs. */
export async function rehearse(): Promise<void> {
  const voices = await VoiceBox.start({ folder: SPEECH_DIR });
  for (const [text, voice] of FIRST_WORDS) await voices.speak(text, voice);
  await voices.close();
}
