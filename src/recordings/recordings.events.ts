import type { Owner } from '../common/owner';

/** A recording is in our own storage. */
export class RecordingStored {
  static readonly type = 'recording.stored';
  constructor(
    readonly owner: Owner,
    readonly callId: string,
    readonly recordingId: string,
  ) {}
}
