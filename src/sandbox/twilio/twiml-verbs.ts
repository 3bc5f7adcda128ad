import type { RecordingEvent } from './call-settings';
import { runConnect } from './twiml-connect';
import { runGather } from './twiml-gather';
import type { TwimlElement } from './twiml';
import { TWIML_WARNING, resolveTarget, type Flow, type VerbContext } from './twiml-context';
import { playPrompt } from './twiml-prompts';

/** Runs one verb to its end. */
export async function runVerb(verb: TwimlElement, context: VerbContext): Promise<Flow> {
  const { call, signal } = context;
  switch (verb.name) {
    case 'Say':
    case 'Play':
    case 'Pause':
      await playPrompt(verb, context);
      return 'next-verb';
    case 'Gather':
      return runGather(verb, context);
    case 'Connect':
      return runConnect(verb, context);
    case 'Start':
      start(verb, context);
      return 'next-verb';
    case 'Redirect': {
      const target = resolveTarget(verb.text, verb.attributes['method'], context.documentUrl);
      if (target) return { source: { kind: 'url', target } };
      call.notice(TWIML_WARNING, 'A <Redirect> without a usable address; the call is hung up.');
      return 'end';
    }
    case 'Hangup':
      return 'end';
    case 'Reject':
      if (call.isAnswered()) call.notice(TWIML_WARNING, '<Reject> after the call was answered; it is hung up.');
      else call.reject(verb.attributes['reason'] === 'busy' ? 'busy' : 'rejected');
      return 'end';
    default:
      if (!signal.aborted) call.notice(TWIML_WARNING, `<${verb.name}> is not simulated and was passed over.`);
      return 'next-verb';
  }
}

function start(verb: TwimlElement, context: VerbContext): void {
  const { call } = context;
  call.line();
  for (const noun of verb.children) {
    if (noun.name !== 'Recording') {
      call.notice(TWIML_WARNING, `<Start><${noun.name}> is not simulated and was passed over.`);
      continue;
    }
    const { channels, track, trim, recordingStatusCallback, recordingStatusCallbackMethod } = noun.attributes;
    const events = (noun.attributes['recordingStatusCallbackEvent'] ?? 'completed').split(/\s+/);
    const target =
      recordingStatusCallback === undefined
        ? undefined
        : resolveTarget(recordingStatusCallback, recordingStatusCallbackMethod, context.documentUrl);
    call.startRecording({
      channels: channels === 'mono' ? 1 : 2,
      track: track === 'inbound' || track === 'outbound' ? track : 'both',
      trim: trim === 'trim-silence',
      source: 'StartCallRecordingTwiML',
      ...(target ? { callback: { target, events: new Set(events.filter(isRecordingEvent)) } } : {}),
    });
  }
}

function isRecordingEvent(name: string): name is RecordingEvent {
  return name === 'in-progress' || name === 'completed' || name === 'absent';
}
