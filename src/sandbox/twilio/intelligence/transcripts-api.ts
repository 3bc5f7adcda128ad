import type { FastifyInstance } from 'fastify';
import { formOf, pathOf, queryOf, type FormRequest, type TwilioApi } from '../api-request';
import { flag } from '../form-fields';
import { TwilioRefusal, resourceNotFound } from '../twilio-refusal';
import { pageOfV2 } from '../v2-paging';
import { intelligenceUrl } from './intelligence-url';
import { sentenceResource, type Sentence } from './sentence';
import type { Transcript, TranscriptOrder } from './transcript';
import { readTranscriptFilter } from './transcript-filter';
import { readTranscriptForm } from './transcript-form';

const TRANSCRIPTS = '/Transcripts';
const TRANSCRIPT = '/Transcripts/:transcriptSid(^GT[0-9a-fA-F]{32})';
const MAX_SENTENCES_PER_PAGE = 5000;

/** Transcripts: create, list, read, delete, and their sentences (reference/twilio.md section 9). */
export function registerTranscripts(app: FastifyInstance, { carrier, intelligence, accountSid }: TwilioApi): void {
  const show = (transcript: Transcript) => transcript.resource(accountSid);

  app.post(TRANSCRIPTS, (request: FormRequest, reply) => {
    const transcript = intelligence.transcribe(readOrder(formOf(request)));
    return reply.status(202).send(show(transcript));
  });

  app.get(TRANSCRIPTS, (request, reply) => {
    const query = queryOf(request);
    const items = intelligence.listTranscripts().filter(readTranscriptFilter(query));
    const list = { key: 'transcripts', items, positionOf: (transcript: Transcript) => -transcript.number, show };
    return reply.send(pageOfV2(list, intelligenceUrl(pathOf(request)), query));
  });

  app.get(TRANSCRIPT, (request: FormRequest, reply) => reply.send(show(requireTranscript(request))));

  app.delete(TRANSCRIPT, (request: FormRequest, reply) => {
    intelligence.deleteTranscript(requireTranscript(request));
    return reply.status(204).send();
  });

  app.get(`${TRANSCRIPT}/Sentences`, (request: FormRequest, reply) => {
    const transcript = requireTranscript(request);
    const query = queryOf(request);
    const fields = new URLSearchParams(query);
    const wordTimestamps = flag(fields, 'WordTimestamps');
    const asksRedacted = fields.get('Redacted') ? flag(fields, 'Redacted') : true;
    // Where redaction was not ordered there is one version only.
    const redacted = transcript.order.redaction && asksRedacted;
    const list = {
      key: 'sentences',
      items: transcript.sentences,
      positionOf: (sentence: Sentence) => sentence.index,
      show: (sentence: Sentence) => sentenceResource(sentence, { redacted, wordTimestamps }),
      maxPageSize: MAX_SENTENCES_PER_PAGE,
    };
    return reply.send(pageOfV2(list, intelligenceUrl(pathOf(request)), query));
  });

  app.get(`${TRANSCRIPT}/OperatorResults`, (request: FormRequest, reply) => {
    requireTranscript(request);
    const list = { key: 'operator_results', items: [], positionOf: () => 0, show: () => null };
    return reply.send(pageOfV2(list, intelligenceUrl(pathOf(request)), queryOf(request)));
  });

  app.get(`${TRANSCRIPT}/Media`, () => {
    throw new TwilioRefusal(20001, 'Media of a transcript is not simulated; fetch the recording itself.');
  });

  /** @throws TwilioRefusal */
  function readOrder(form: URLSearchParams): TranscriptOrder {
    const { serviceSid, channel, source, customerKey, mediaStartTimeMs } = readTranscriptForm(form);
    const service = intelligence.findService(serviceSid);
    if (!service) throw resourceNotFound(`/Services/${serviceSid}`);
    const { languageCode, autoRedaction: redaction } = service.settings;
    const order: TranscriptOrder = { serviceSid, languageCode, redaction, channel };
    if (customerKey !== undefined) order.customerKey = customerKey;
    if (mediaStartTimeMs !== undefined) order.mediaStartTimeMs = mediaStartTimeMs;
    if ('recordingSid' in source) Object.assign(order, requireRecording(source.recordingSid));
    return order;
  }

  /** @throws TwilioRefusal when there is none, it is not completed, or it has a transcript already */
  function requireRecording(recordingSid: string): { recordingSid: string; callSid: string } {
    const recording = carrier.recordings.get(recordingSid);
    if (!recording) throw resourceNotFound(`/Recordings/${recordingSid}`);
    if (recording.status !== 'completed') {
      throw new TwilioRefusal(95120, `Recording ${recordingSid} is ${recording.status} and cannot be transcribed.`);
    }
    const existing = intelligence.transcriptOf(recordingSid);
    if (existing) {
      // Which code the real API has for it is unverified.
      throw new TwilioRefusal(
        20001,
        `Recording ${recordingSid} has transcript ${existing.sid}: delete that one first.`,
      );
    }
    return { recordingSid, callSid: recording.callSid };
  }

  function requireTranscript(request: FormRequest): Transcript {
    const transcript = intelligence.findTranscript(request.params['transcriptSid'] ?? '');
    if (!transcript) throw resourceNotFound(pathOf(request));
    return transcript;
  }
}
