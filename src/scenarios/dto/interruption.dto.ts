import { z } from 'zod';
import { trimmedText } from '../../common/text';
import { DEFAULT_INTERRUPTION, InterruptionSettings, PROTECTED_WORDS } from '../agent';

const MAX_IGNORE_WORDS = 50;

/** Compared without punctuation, so one that has nothing else would never be said. */
const ignoreWord = trimmedText(1, 40).refine((word) => /[\p{L}\p{N}]/u.test(word), {
  error: 'must contain a letter or a digit',
});

const members = {
  protect: z
    .enum(PROTECTED_WORDS)
    .describe(
      'What nobody can interrupt: nothing, the disclosure, or the whole opening (disclosure and greeting). What the customer says meanwhile is answered afterwards',
    ),
  min_speech_ms: z
    .int()
    .min(0)
    .max(2000)
    .describe(
      'How long somebody has to speak to stop the agent. Shorter speech stops it only when it turns out to contain words. The end of speech is known half a second late, so anything above 0 lets the agent talk on for that much longer',
    ),
  ignore_words: z
    .array(ignoreWord)
    .max(MAX_IGNORE_WORDS)
    .describe(
      'Words that do not stop the agent, such as mhm; case, accents, punctuation and repeated letters do not matter. With any, speech stops the agent after about a second, or as soon as other words are understood',
    ),
  resume_after_false_alarm: z
    .boolean()
    .describe('The agent takes up where it stopped when it was stopped by a noise or by ignored words alone'),
};

export const interruption = z.object(members);

/** What is left out has its default; nothing is taken from what was set before. */
export const interruptionFields = z
  .strictObject({
    protect: members.protect.default(DEFAULT_INTERRUPTION.protect),
    min_speech_ms: members.min_speech_ms.default(DEFAULT_INTERRUPTION.minSpeechMs),
    ignore_words: members.ignore_words.default(DEFAULT_INTERRUPTION.ignoreWords),
    resume_after_false_alarm: members.resume_after_false_alarm.default(DEFAULT_INTERRUPTION.resumesAfterFalseAlarm),
  })
  .meta({ example: { protect: 'disclosure', ignore_words: ['mhm', 'okay'] } });

export function toInterruptionSettings(fields: z.output<typeof interruption>): InterruptionSettings {
  return {
    protect: fields.protect,
    minSpeechMs: fields.min_speech_ms,
    ignoreWords: fields.ignore_words,
    resumesAfterFalseAlarm: fields.resume_after_false_alarm,
  };
}

export function toInterruptionDto(settings: InterruptionSettings): z.output<typeof interruption> {
  return {
    protect: settings.protect,
    min_speech_ms: settings.minSpeechMs,
    ignore_words: settings.ignoreWords,
    resume_after_false_alarm: settings.resumesAfterFalseAlarm,
  };
}
