import { WrongSandboxOptions, readSandboxOptions } from './options';

describe('the options of the sandbox', () => {
  it('start with nothing set', () => {
    expect(readSandboxOptions({})).toMatchObject({
      port: 5051,
      phoneNumbers: ['+12025550000'],
      voiceIntelligenceSid: `GA${'0'.repeat(32)}`,
      googleClientId: 'sandbox-client.apps.googleusercontent.com',
      googleClientSecret: 'sandbox-client-secret',
      ringMs: 1200,
      noAnswerMs: 8000,
      transcriptMs: 500,
      callsPerSecond: 10,
      speechDir: undefined,
      log: false,
    });
  });

  it('keep the first number beside the own one', () => {
    const options = readSandboxOptions({ TWILIO_PHONE_NUMBER: '+12025550001', SANDBOX_PORT: '0', SANDBOX_LOG: '1' });
    expect(options).toMatchObject({ port: 0, phoneNumbers: ['+12025550001', '+12025550000'], log: true });
  });

  it('name every variable that is wrong in one sentence', () => {
    const read = () =>
      readSandboxOptions({
        SANDBOX_PORT: '70000',
        TWILIO_PHONE_NUMBER: '555',
        TWILIO_VOICE_INTELLIGENCE_SID: 'GA1',
        SANDBOX_RING_MS: 'soon',
        GOOGLE_CLIENT_SECRET: 'a b',
      });
    expect(read).toThrow(WrongSandboxOptions);
    expect(read).toThrow(
      /SANDBOX_PORT.*TWILIO_PHONE_NUMBER.*TWILIO_VOICE_INTELLIGENCE_SID.*GOOGLE_CLIENT_SECRET.*SANDBOX_RING_MS/s,
    );
  });
});
