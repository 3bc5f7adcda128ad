/** A transcript as Twilio's Voice Intelligence knows it. */
export interface CarrierTranscript {
  transcriptSid: string;
  /** queued, in-progress, completed, new, failed, canceled or error. */
  status: string;
  dateCreated: Date;
  dateUpdated: Date;
  /** Of the audio. */
  durationSeconds: number;
  /** BCP 47. */
  languageCode: string;
  /** What whoever asked for it wrote on it: the sid of a call, where it was us. */
  customerKey: string | null;
  /** The recording that it was made of; null where it was made of other media. */
  recordingSid: string | null;
}

/** Times are seconds; null where Twilio did not say. */
export interface CarrierSentence {
  /** Twilio's media channel, counted from 1 as a rule; older ones from 0. */
  channel: number;
  text: string;
  startTime: number | null;
  endTime: number | null;
  /** 0 to 1. */
  confidence: number | null;
}

/** A transcript that shall be made. */
export interface TranscriptOrder {
  recordingSid: string;
  /** Comes back with everything that is told of the transcript; 64 characters at most. */
  customerKey: string;
  /** Who speaks on the first of two channels; null where that is not to be told apart. */
  firstChannel: 'customer' | 'agent' | null;
}

/** Transcripts that the carrier makes of recordings. All but `requestTranscript` only reads, and may be asked twice. */
export abstract class VoiceIntelligence {
  /** Null when the carrier knows no such transcript. @throws CarrierError */
  abstract fetchTranscript(transcriptSid: string): Promise<CarrierTranscript | null>;

  /** Those that the carrier has made since, newest first; the latest 5,000 where there are more. @throws CarrierError */
  abstract recentTranscripts(since: Date): Promise<CarrierTranscript[]>;

  /** All of them, however many pages that takes, in order. @throws CarrierError */
  abstract fetchSentences(transcriptSid: string): Promise<CarrierSentence[]>;

  /** The call that a recording is of; null when the carrier knows no such recording. @throws CarrierError */
  abstract callOfRecording(recordingSid: string): Promise<string | null>;

  /** What our service has made, or is making, of a recording, whoever asked for it. @throws CarrierError */
  abstract transcriptsOf(recordingSid: string): Promise<CarrierTranscript[]>;

  /**
   * Has our service make a transcript, once: it costs money, and a create is never repeated. Answers its sid.
   * @throws CarrierRefused, CarrierBusy, CarrierUnreachable: there is certainly none by this
   * @throws CarrierOutcomeUnknown: there may be one
   */
  abstract requestTranscript(order: TranscriptOrder): Promise<string>;
}
