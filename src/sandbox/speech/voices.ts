import type { FliteRequest } from './flite';

/** How the engine is set for one of the provider's voices. */
export type VoiceSettings = Pick<FliteRequest, 'voice' | 'features'>;

/** The simulated person at the other end. No agent has this voice, so that the two can be told apart by ear. */
export const PERSON_VOICE = 'person';

const VOICES: Record<string, VoiceSettings> = {
  [PERSON_VOICE]: { voice: 'slt', features: {} },
  alloy: { voice: 'rms', features: {} },
  ash: { voice: 'awb', features: { f0_shift: 0.85, duration_stretch: 0.92 } },
  ballad: { voice: 'awb', features: {} },
  cedar: { voice: 'kal16', features: { int_f0_target_mean: 85 } },
  coral: { voice: 'slt', features: { f0_shift: 1.3 } },
  echo: { voice: 'kal16', features: { int_f0_target_mean: 110 } },
  fable: { voice: 'awb', features: { f0_shift: 1.1 } },
  marin: { voice: 'rms', features: { duration_stretch: 0.95 } },
  nova: { voice: 'slt', features: { f0_shift: 1.2, duration_stretch: 0.95 } },
  onyx: { voice: 'kal16', features: { int_f0_target_mean: 75 } },
  sage: { voice: 'rms', features: { duration_stretch: 1.1 } },
  shimmer: { voice: 'slt', features: { f0_shift: 0.8, duration_stretch: 1.08 } },
  verse: { voice: 'awb', features: { f0_shift: 1.2, duration_stretch: 0.9 } },
};

/** A voice that the sandbox does not know (a custom `voice_…`) speaks like the provider's default voice. */
export function voiceSettings(voice: string, speed: number): VoiceSettings {
  const settings = VOICES[voice] ?? (VOICES['alloy'] as VoiceSettings);
  const stretch = (settings.features['duration_stretch'] ?? 1) / speed;
  return { voice: settings.voice, features: { ...settings.features, duration_stretch: Number(stretch.toFixed(3)) } };
}
