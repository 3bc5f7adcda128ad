import { sayProblem } from './say-voice';
import type { TwimlElement } from './twiml';
import { TWIML_WARNING, type VerbContext } from './twiml-context';

/** A <Say> that is repeated without end stops here. */
const MAX_LOOPS = 1000;
/** What Twilio takes for one tone of <Play digits>. */
const TONE_MS = 500;

/** <Say>, <Play> and <Pause>, alone or inside a <Gather>. */
export async function playPrompt(verb: TwimlElement, { call, signal }: VerbContext): Promise<void> {
  const line = call.line();
  switch (verb.name) {
    case 'Say': {
      if (verb.text === '') return;
      const problem = sayProblem(verb.attributes);
      if (problem !== null) {
        call.notice(problem.code, problem.message);
        return;
      }
      const speech = await call.speech(verb.text);
      const loops = loopsOf(verb);
      for (let loop = 0; loop < loops && !signal.aborted; loop++) await line.play(speech, signal);
      return;
    }
    case 'Pause': {
      const seconds = Number(verb.attributes['length'] ?? '1');
      await line.wait((Number.isFinite(seconds) ? Math.max(0, seconds) : 1) * 1000, signal);
      return;
    }
    case 'Play':
      if (verb.attributes['digits'] === undefined) {
        call.notice(TWIML_WARNING, `<Play> of ${verb.text || 'nothing'} is not simulated: the phone hears nothing.`);
      } else {
        await line.wait(verb.attributes['digits'].length * TONE_MS, signal);
      }
      return;
    default:
      call.notice(TWIML_WARNING, `<${verb.name}> cannot stand inside <Gather> and was passed over.`);
  }
}

function loopsOf(verb: TwimlElement): number {
  const loops = Number(verb.attributes['loop'] ?? '1');
  if (!Number.isInteger(loops) || loops < 0) return 1;
  return loops === 0 ? MAX_LOOPS : Math.min(loops, MAX_LOOPS);
}
