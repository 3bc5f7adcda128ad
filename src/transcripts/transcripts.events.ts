import type { Owner } from '../common/owner';

/** A transcript was made, or made anew: of more of the same words, or of Twilio's. */
export class TranscriptWritten {
  static readonly type = 'transcript.written';
  constructor(
    readonly owner: Owner,
    /** The same whenever it is made anew. */
    readonly transcriptSid: string,
  ) {}
}
