import type { FastifyInstance } from 'fastify';
import { formOf, pathOf, queryOf, type FormRequest, type TwilioApi } from './api-request';
import { readRecordingForm } from './call-form';
import type { CarrierCall } from './carrier-call';
import { pageOf } from './paging';
import type { Recording } from './recording';
import { TwilioRefusal, resourceNotFound } from './twilio-refusal';

const CALL_RECORDINGS = '/Accounts/:accountSid/Calls/:callSid(^CA[0-9a-fA-F]{32})/Recordings.json';
const CALL_RECORDING =
  '/Accounts/:accountSid/Calls/:callSid(^CA[0-9a-fA-F]{32})/Recordings/:recordingSid(^RE[0-9a-fA-F]{32}).json';
const RECORDINGS = '/Accounts/:accountSid/Recordings.json';
const RECORDING = '/Accounts/:accountSid/Recordings/:recordingSid(^RE[0-9a-fA-F]{32}).json';
const MEDIA = '/Accounts/:accountSid/Recordings/:recordingSid(^RE[0-9a-fA-F]{32})';

/** Recordings: start, stop, read, delete, and the audio itself (reference/twilio.md section 4). */
export function registerRecordings(app: FastifyInstance, { carrier, accountSid }: TwilioApi): void {
  const show = (recording: Recording) => recording.resource(accountSid);

  app.post(CALL_RECORDINGS, (request: FormRequest, reply) => {
    const call = requireCall(request);
    const settings = readRecordingForm(formOf(request), 'StartCallRecordingAPI');
    if (!call.isAnswered() || call.isOver) {
      throw new TwilioRefusal(21220, 'The call is not in-progress: it cannot be recorded.');
    }
    return reply.status(201).send(show(call.startRecording(settings)));
  });

  app.get(CALL_RECORDINGS, (request: FormRequest, reply) => {
    const call = requireCall(request);
    const kept = call.recordings.filter((recording) => carrier.recordings.has(recording.sid)).reverse();
    return reply.send(pageOf('recordings', kept, pathOf(request), queryOf(request), show));
  });

  app.post(CALL_RECORDING, (request: FormRequest, reply) => {
    const recording = requireRecording(request);
    change(requireCall(request), recording, formOf(request));
    return reply.send(show(recording));
  });

  app.get(RECORDINGS, (request: FormRequest, reply) => {
    const { CallSid: callSid } = queryOf(request);
    const found = [...carrier.recordings.values()].filter((each) => !callSid || each.callSid === callSid).reverse();
    return reply.send(pageOf('recordings', found, pathOf(request), queryOf(request), show));
  });

  for (const path of [RECORDING, CALL_RECORDING]) {
    app.get(path, (request: FormRequest, reply) => reply.send(show(requireRecording(request))));
    app.delete(path, (request: FormRequest, reply) => {
      carrier.recordings.delete(requireRecording(request).sid);
      return reply.status(204).send();
    });
  }

  for (const path of [MEDIA, `${MEDIA}.wav`]) {
    app.get(path, (request: FormRequest, reply) => {
      const recording = requireRecording(request);
      if (recording.status !== 'completed') throw resourceNotFound(pathOf(request));
      const channels = queryOf(request)['RequestedChannels'] ?? String(recording.settings.channels);
      if (channels !== '1' && channels !== '2') {
        throw new TwilioRefusal(20001, 'RequestedChannels must be 1 or 2.');
      }
      if (channels === '2' && recording.settings.channels === 1) {
        throw new TwilioRefusal(20001, 'The recording has one channel; two cannot be made of it.');
      }
      return reply.type('audio/x-wav').send(recording.wav(channels === '2' ? 2 : 1));
    });
  }
  app.get(`${MEDIA}.mp3`, () => {
    throw new TwilioRefusal(20001, 'MP3 is not simulated; ask for .wav.');
  });

  function requireCall(request: FormRequest): CarrierCall {
    const call = carrier.find(request.params['callSid'] ?? '');
    if (!call) throw resourceNotFound(pathOf(request));
    return call;
  }

  function requireRecording(request: FormRequest): Recording {
    const recording = carrier.recordings.get(request.params['recordingSid'] ?? '');
    const callSid = request.params['callSid'];
    if (!recording || (callSid !== undefined && callSid !== recording.callSid)) {
      throw resourceNotFound(pathOf(request));
    }
    return recording;
  }
}

/** @throws TwilioRefusal when the recording is over or the status is none */
function change(call: CarrierCall, recording: Recording, form: URLSearchParams): void {
  if (!recording.isRunning) throw new TwilioRefusal(21220, 'The recording is over and cannot be changed.');
  switch (form.get('Status')) {
    case 'stopped':
      call.stopRecording(recording);
      return;
    case 'paused':
      recording.pause(form.get('PauseBehavior') === 'skip' ? 'skip' : 'silence');
      return;
    case 'in-progress':
      recording.resume();
      return;
    default:
      throw new TwilioRefusal(20001, 'Status can be stopped, paused or in-progress.');
  }
}
