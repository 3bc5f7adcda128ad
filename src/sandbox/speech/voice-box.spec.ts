import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMulaw, FRAME_BYTES, SILENCE_BYTE } from '../../media/g711';
import { Flite } from './flite';
import { UNRECOGNISED_SPEECH } from './recogniser';
import { VoiceBox } from './voice-box';
import { decodeWav, encodeWav, pcmToSamples } from './wav';

const ORDER = 'Hello there, I would like two margherita pizzas and one cola, please.';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

describe('the voice box and its recogniser', () => {
  let voices: VoiceBox;
  beforeAll(async () => {
    voices = await VoiceBox.start();
  });
  afterAll(() => voices.close());

  const rmsOf = (samples: Int16Array) => Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
  const silence = (ms: number) => Buffer.alloc(ms * 8, SILENCE_BYTE);

  it('speaks a sentence with the length, loudness and pauses of speech', async () => {
    const utterance = await voices.speak(ORDER, 'person');
    const wav = decodeWav(encodeWav(decodeMulaw(utterance.mulaw), 8000));
    const samples = wav.channels[0] as Int16Array;
    expect(utterance.mulaw.length % FRAME_BYTES).toBe(0);
    expect(utterance.durationMs).toBe(utterance.mulaw.length / 8);
    expect(utterance.durationMs).toBeGreaterThan(3000);
    expect(utterance.durationMs).toBeLessThan(6000);
    expect(rmsOf(samples)).toBeGreaterThan(1500);
    expect(rmsOf(samples)).toBeLessThan(6000);
    expect(samples.reduce((peak, s) => Math.max(peak, Math.abs(s)), 0)).toBeLessThan(32_000);
    // Speech has loud and soft parts: no steady tone, no noise.
    const levels = Array.from({ length: Math.floor(samples.length / 160) }, (_, i) =>
      rmsOf(samples.subarray(i * 160, i * 160 + 160)),
    );
    expect(levels.filter((level) => level > 1000).length / levels.length).toBeGreaterThan(0.4);
    expect(levels.filter((level) => level < 300).length / levels.length).toBeGreaterThan(0.05);
    expect(rmsOf(samples.subarray(samples.length - 160 * 10))).toBeLessThan(20);
  });

  it('gives every word its time, in order and within the audio', async () => {
    const { words, durationMs } = await voices.speak(ORDER, 'alloy');
    expect(words.map((word) => word.text).join(' ')).toBe(ORDER);
    words.forEach((word, i) => {
      expect(word.endMs).toBeGreaterThan(word.startMs);
      expect(word.startMs).toBeGreaterThanOrEqual(words[i - 1]?.endMs ?? 0);
      expect(word.endMs).toBeLessThanOrEqual(durationMs);
    });
  });

  it('hums its agreement in one short sound, which stays the word that was written', async () => {
    const { mulaw, durationMs, words } = await voices.speak('Mhm.', 'person');
    expect(durationMs).toBeLessThan(800);
    expect(words.map((word) => word.text)).toEqual(['Mhm.']);
    expect(voices.recogniser.recognise(mulaw)).toBe('Mhm.');
  });

  it('speaks differently for the person and for each kind of agent', async () => {
    const names = ['person', 'alloy', 'ash', 'coral', 'shimmer', 'cedar', 'echo', 'verse', 'sage'];
    const spoken = await Promise.all(names.map((name) => voices.speak('Good morning.', name)));
    expect(new Set(spoken.map((utterance) => utterance.mulaw.toString('base64'))).size).toBe(names.length);
  });

  it('answers the same text from its cache', async () => {
    const [a, b] = await Promise.all([voices.speak('Once again.', 'alloy'), voices.speak(' Once  again. ', 'alloy')]);
    expect(b).toBe(a);
    expect(await voices.speak('Once again.', 'alloy')).toBe(a);
  });

  it('turns texts that an English voice cannot read into audio all the same', async () => {
    for (const text of [
      '你好，很高兴认识你',
      'Größe für zwölf',
      '',
      '...',
      '“Quoted” — and 50% off\u0000',
      '-voice x',
    ]) {
      const { mulaw } = await voices.speak(text, 'alloy');
      expect(mulaw.length).toBeGreaterThan(0);
    }
    const { mulaw } = await voices.speak('你好，很高兴认识你', 'alloy');
    expect(voices.recogniser.recognise(mulaw)).toBe('你好，很高兴认识你');
  });

  it('recognises a whole utterance word for word, at any frame offset', async () => {
    const { mulaw } = await voices.speak(ORDER, 'person');
    expect(voices.recogniser.recognise(mulaw)).toBe(ORDER);
    expect(voices.recogniser.recognise(Buffer.concat([silence(60), mulaw, silence(100)]))).toBe(ORDER);
    for (const bytes of [1, 37, 80, 159]) {
      expect(voices.recogniser.recognise(Buffer.concat([Buffer.alloc(bytes, SILENCE_BYTE), mulaw]))).toBe(ORDER);
    }
  });

  it('recognises only the words that the audio covers', async () => {
    const { mulaw, words } = await voices.speak(ORDER, 'person');
    for (const heard of [2, 5, 9]) {
      const cut = Math.ceil((words[heard - 1]?.endMs ?? 0) / 20) * FRAME_BYTES;
      const expected = ORDER.split(' ').slice(0, heard).join(' ');
      expect(voices.recogniser.recognise(mulaw.subarray(0, cut))).toBe(expected);
    }
    const from = Math.floor((words[4]?.startMs ?? 0) / 20) * FRAME_BYTES;
    expect(voices.recogniser.recognise(mulaw.subarray(from))).toBe(ORDER.split(' ').slice(4).join(' '));
  });

  it('recognises utterances one after the other, the same one twice, and one with a lost frame', async () => {
    const first = await voices.speak('Yes, that is right.', 'person');
    const second = await voices.speak('What does it cost?', 'person');
    const both = Buffer.concat([first.mulaw, silence(40), second.mulaw, first.mulaw]);
    expect(voices.recogniser.recognise(both)).toBe('Yes, that is right. What does it cost? Yes, that is right.');
    const holed = Buffer.concat([second.mulaw.subarray(0, 20 * 160), second.mulaw.subarray(21 * 160)]);
    expect(voices.recogniser.recognise(holed)).toBe('What does it cost?');
  });

  it('hears nothing in silence and a neutral sentence in foreign sound', () => {
    expect(voices.recogniser.recognise(silence(2000))).toBe('');
    expect(voices.recogniser.recognise(Buffer.alloc(0))).toBe('');
    let seed = 1;
    const noise = Buffer.from(Array.from({ length: 8000 }, () => (seed = (seed * 48_271) % 2_147_483_647) & 0xff));
    expect(voices.recogniser.recognise(noise)).toBe(UNRECOGNISED_SPEECH);
    expect(voices.recogniser.recognise(noise.subarray(0, 800))).toBe('');
  });

  it('speaks 24 kHz PCM of the same length and recognises it', async () => {
    const { durationMs } = await voices.speak(ORDER, 'marin');
    const pcm = await voices.speakPcm24k(ORDER, 'marin');
    expect(pcm.length).toBe(durationMs * 48);
    expect(voices.recogniser.recognisePcm24k(pcmToSamples(pcm))).toBe(ORDER);
    expect(voices.recogniser.recognisePcm24k(pcmToSamples(pcm.subarray(2 * 123)))).toBe(ORDER);
  });

  it('keeps what was spoken in a folder, sample by sample, and speaks anew what is broken there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'speech-'));
    try {
      const first = await VoiceBox.start({ folder });
      const spoken = await first.speak(ORDER, 'marin');
      await first.close();
      expect(spoken).toEqual(await voices.speak(ORDER, 'marin'));
      const [file = '', ...others] = await readdir(folder);
      expect(others).toEqual([]);

      const second = await VoiceBox.start({ folder });
      const engine = jest.spyOn(Flite.prototype, 'speak');
      expect(await second.speak(ORDER, 'marin')).toEqual(spoken);
      expect(engine).not.toHaveBeenCalled();
      await writeFile(join(folder, file), 'nonsense');
      await second.close();
      const third = await VoiceBox.start({ folder });
      expect(await third.speak(ORDER, 'marin')).toEqual(spoken);
      expect(engine).toHaveBeenCalledTimes(1);
      engine.mockRestore();
      await third.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('speaks where nothing can be kept', async () => {
    const other = await VoiceBox.start({ folder: '/dev/null/nowhere' });
    expect((await other.speak('Hello.', 'marin')).durationMs).toBeGreaterThan(0);
    await other.close();
  });

  it('refuses to speak once it is closed, with a sentence', async () => {
    const other = await VoiceBox.start();
    await other.close();
    await expect(other.speak('Hello.', 'alloy')).rejects.toThrow('has been closed.');
  });
});
