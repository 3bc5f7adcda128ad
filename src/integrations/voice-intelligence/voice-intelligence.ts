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

/** Transcripts that the carrier makes of recordings. All of it only reads, and may be asked twice. */
export abstract class VoiceIntelligence {
  /** Null when the carrier knows no such transcript. @throws CarrierError */
  abstract fetchTranscript(transcriptSid: string): Promise<CarrierTranscript | null>;

  /** Those that the carrier has made since, newest first; the latest 5,000 where there are more. @throws CarrierError */
  abstract recentTranscripts(since: Date): Promise<CarrierTranscript[]>;

  /** All of them, however many pages that takes, in order. @throws CarrierError */
  abstract fetchSentences(transcriptSid: string): Promise<CarrierSentence[]>;

  /** The call that a recording is of; null when the carrier knows no such recording. @throws CarrierError */
  abstract callOfRecording(recordingSid: string): Promise<string | null>;
}
