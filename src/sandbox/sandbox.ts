import { createOpenAi } from './openai/openai';
import type { SandboxOptions } from './options';
import { serveProviders, type RunningSandbox } from './provider-server';
import { VoiceBox } from './speech/voice-box';

/**
 * Starts the simulated providers in this process, with their voices and their model.
 * @throws Error with a sentence when the port cannot be had or the speech engine cannot run
 */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const voices = await VoiceBox.start({ folder: options.speechDir });
  const apiKey = options.openAiApiKey;
  return serveProviders(options, {
    voices,
    createOpenAi: (faults, log) => createOpenAi({ apiKey, voices, faults, log }),
  });
}
