import { ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID } from '../../spec-support/sandbox-fixture';
import { FaultBox } from '../../faults';
import { WallClock } from '../../wall-clock';
import { Webhooks } from '../webhooks';
import type { TranscriptOrder } from './transcript';
import { VoiceIntelligence } from './voice-intelligence';

describe('the life of a transcript', () => {
  let intelligence: VoiceIntelligence;
  let faults: FaultBox;

  beforeEach(() => {
    jest.useFakeTimers();
    faults = new FaultBox();
    const log = () => undefined;
    intelligence = new VoiceIntelligence(
      {
        carrier: { find: () => undefined, recordings: new Map() },
        recogniser: { recognise: () => '' },
        clock: new WallClock(),
        webhooks: new Webhooks(AUTH_TOKEN, faults, log),
        faults,
        log,
        accountSid: ACCOUNT_SID,
        transcriptMs: 1000,
      },
      SERVICE_SID,
    );
  });
  afterEach(() => {
    intelligence.close();
    jest.useRealTimers();
  });

  const ORDER: TranscriptOrder = {
    serviceSid: SERVICE_SID,
    languageCode: 'en-US',
    redaction: false,
    channel: { media_properties: { media_url: 'https://files.example.com/a.wav' } },
  };

  it('goes from queued over in-progress to completed, and has no sentences before', async () => {
    const transcript = intelligence.transcribe(ORDER);
    expect(transcript).toMatchObject({ status: 'queued', sentences: [], durationSeconds: undefined });
    await jest.advanceTimersByTimeAsync(299);
    expect(transcript.status).toBe('queued');
    await jest.advanceTimersByTimeAsync(2);
    expect(transcript).toMatchObject({ status: 'in-progress', sentences: [] });
    await jest.advanceTimersByTimeAsync(698);
    expect(transcript.status).toBe('in-progress');
    await jest.advanceTimersByTimeAsync(2);
    expect(transcript).toMatchObject({ status: 'completed', durationSeconds: 4 });
    expect(transcript.sentences).toHaveLength(1);
  });

  it('ends in failed by the fault that strikes at its end, and the next one is well', async () => {
    const [first, second] = [intelligence.transcribe(ORDER), intelligence.transcribe(ORDER)];
    await jest.advanceTimersByTimeAsync(500);
    faults.arm({ provider: 'twilio', fault: 'fail_transcript' });
    await jest.advanceTimersByTimeAsync(501);
    expect([first.status, second.status]).toEqual(['failed', 'completed']);
  });

  it('ends where it is deleted, moved by hand, or the sandbox goes away', async () => {
    const [deleted, moved, left] = [1, 2, 3].map(() => intelligence.transcribe(ORDER));
    await jest.advanceTimersByTimeAsync(500);
    if (deleted) intelligence.deleteTranscript(deleted);
    if (moved) intelligence.settleByHand(moved, 'canceled');
    intelligence.close();
    await jest.advanceTimersByTimeAsync(5000);
    expect([deleted, moved, left].map((each) => each?.status)).toEqual(['in-progress', 'canceled', 'in-progress']);
    expect(intelligence.listTranscripts()).toEqual([left, moved]);
  });
});
