import type VoiceResponse from 'twilio/lib/twiml/VoiceResponse';
import { sayAs } from '../../../languages/languages';

type SayAttributes = Pick<VoiceResponse.SayAttributes, 'language' | 'voice'>;

/**
 * What <Say> is told about the language of a BCP 47 tag; nothing leaves it at Twilio's own, English. That Twilio has these
 * languages and voices is proved by the spec of the languages.
 */
export function sayAttributes(tag: string): SayAttributes {
  const known = sayAs(tag);
  if (known === undefined) return {};
  const { tag: language, voice } = known;
  return { language, ...(voice === undefined ? {} : { voice }) } as SayAttributes;
}
