import type { BrainInput, BrainPart, BrainTool } from './brain.port';
import { CALENDAR_TOOLS, nextStep, type CalendarStep } from './calendar-calls';
import { CalendarTalk } from './calendar-talk';
import * as words from './calendar-words';
import { coverage } from './wording';

/** A sentence of which less was heard is said again. */
const HEARD_PART = 0.6;

export function isCalendarTool({ name }: Pick<BrainTool, 'name'>): boolean {
  return CALENDAR_TOOLS.has(name);
}

/**
 * What the model does for the calendar now: call a tool, tell a result, ask for what is missing. `undefined` where the
 * conversation is about something else, or where there are no such tools.
 */
export function calendarAnswer(input: BrainInput): BrainPart[] | undefined {
  const { turns, tools } = input;
  if (!tools.some(isCalendarTool)) return undefined;
  const talk = new CalendarTalk(`${input.sessionInstructions}\n${input.responseInstructions}`, turns);
  const final = turns[turns.length - 1];
  const isResult = final?.role === 'result' && talk.calls.some(({ callId }) => callId === final.callId);
  const step = within(tools, nextStep(talk));
  if (step?.kind === 'call' && (talk.heard !== 'held' || isResult)) return [step];
  const { report } = talk;
  const untold = coverage(report.text, report.heard) < HEARD_PART ? report.text : '';
  const next = step?.kind === 'say' ? step.text : '';
  if (isResult) return [say(untold || next || 'That is done.')];
  switch (talk.heard) {
    case 'dropped':
      return [say(`${untold} ${words.LEFT_AS_IT_IS}`)];
    case 'request':
    case 'answer':
      if (untold !== '') return [say(report.requestNo === talk.requestNo ? untold : `${untold} ${next}`)];
      return [say(next || words.ANYTHING_ELSE)];
    case 'held':
      return undefined;
    case 'other':
      return untold === '' ? undefined : [say(untold)];
  }
}

function within(tools: BrainTool[], step: CalendarStep | undefined): CalendarStep | undefined {
  if (step?.kind !== 'call' || tools.some(({ name }) => name === step.name)) return step;
  return { kind: 'say', text: words.NOT_FROM_HERE };
}

function say(text: string): BrainPart {
  return { kind: 'say', text: text.trim() };
}
