import { Inject, Injectable } from '@nestjs/common';
import OpenAI, { toFile } from 'openai';
import { AUDIO_TYPES } from '../../../common/audio-kind';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import { primaryLanguage, transcriberLanguage } from '../../../languages/languages';
import { SpokenAudio, Transcriber, Transcription, TranscriptionOptions } from '../transcriber';
import { asked, speechClient } from './openai-speech-client';

/** https://platform.openai.com/docs/api-reference/audio/createTranscription */
@Injectable()
export class OpenAiTranscriber extends Transcriber {
  private readonly client: OpenAI;
  private readonly model: string;
  private readonly timeoutMs: number;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    super();
    this.model = config.openai.transcriptionModel;
    this.timeoutMs = config.openai.transcriptionTimeoutMs;
    this.client = speechClient(config);
  }

  async transcribe(
    { bytes, kind }: SpokenAudio,
    { language, signal }: TranscriptionOptions = {},
  ): Promise<Transcription> {
    // The provider goes by the end of the name.
    const file = await toFile(bytes, `audio.${kind}`, { type: AUDIO_TYPES[kind] });
    const known = language === undefined ? undefined : transcriberLanguage(language);
    const request: OpenAI.Audio.TranscriptionCreateParamsNonStreaming = {
      file,
      model: this.model,
      // The one of them that tells the language by no other format.
      response_format: this.model.startsWith('whisper') ? 'verbose_json' : 'json',
      // One that it does not know it would refuse; so it finds out by itself.
      ...(known === undefined ? {} : { language: known }),
    };
    const answer: Answer = await asked((given) => this.client.audio.transcriptions.create(request, { signal: given }), {
      signal,
      timeoutMs: this.timeoutMs,
    });
    return { text: answer.text.trim(), language: languageOf(answer), durationMs: durationOf(answer) };
  }
}

/** The forms of all models; newer members are not in the types of the SDK. */
interface Answer {
  text: string;
  /** Of whisper: its English name. */
  language?: string;
  /** Of gpt-transcribe; may be empty. */
  languages?: { code: string }[];
  /** Seconds. */
  duration?: number;
  usage?: { type: string; seconds?: number };
}

function languageOf({ language, languages }: Answer): string | null {
  const told = languages?.[0]?.code ?? (language === undefined ? undefined : codeOf(language));
  try {
    return told === undefined || told === '' ? null : primaryLanguage(told);
  } catch {
    return null;
  }
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** Of `english`: en. */
function codeOf(name: string): string | undefined {
  if (/^[a-z]{2}$/i.test(name)) return name;
  for (let at = 0; at < 26 * 26; at++) {
    const code = String.fromCharCode(97 + Math.floor(at / 26), 97 + (at % 26));
    if (NAMES.of(code)?.toLowerCase() === name.toLowerCase()) return code;
  }
  return undefined;
}

function durationOf({ duration, usage }: Answer): number | null {
  const seconds = duration ?? usage?.seconds;
  return seconds === undefined ? null : Math.round(seconds * 1000);
}
