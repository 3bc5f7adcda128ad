import { responseCreate, sessionUpdate, turnDetectionUpdate } from './openai-commands';
import { aPlan } from './testing/scripted-call';

describe('session.update', () => {
  it('holds the fields of the GA protocol and no other: an unknown one would drop it all', () => {
    const plan = aPlan();
    expect(JSON.parse(sessionUpdate('session_1', plan, { createResponse: false, interruptResponse: true }))).toEqual({
      type: 'session.update',
      event_id: 'session_1',
      session: {
        type: 'realtime',
        instructions: plan.instructions,
        output_modalities: ['audio'],
        audio: {
          input: {
            format: { type: 'audio/pcmu' },
            transcription: { model: 'gpt-transcribe', language: 'en' },
            turn_detection: {
              type: 'server_vad',
              threshold: 0.5,
              prefix_padding_ms: 300,
              silence_duration_ms: 500,
              create_response: false,
              interrupt_response: true,
            },
          },
          output: { format: { type: 'audio/pcmu' }, voice: 'marin' },
        },
        tools: [{ type: 'function', ...plan.tools[0] }],
        tool_choice: 'auto',
      },
    });
  });

  it('leaves the language to the transcriber when there is none', () => {
    const update = sessionUpdate('s', aPlan({ language: undefined }), {
      createResponse: true,
      interruptResponse: true,
    });
    expect(JSON.parse(update)).toMatchObject({
      session: { audio: { input: { transcription: { model: 'gpt-transcribe' } } } },
    });
    expect(update).not.toContain('language');
  });

  it('changes the turn detection and nothing else', () => {
    const update = JSON.parse(turnDetectionUpdate('s', { createResponse: false, interruptResponse: false })) as {
      session: Record<string, unknown>;
    };
    expect(Object.keys(update.session)).toEqual(['type', 'audio']);
    expect(update.session['audio']).toMatchObject({
      input: { turn_detection: { create_response: false, interrupt_response: false } },
    });
  });
});

describe('response.create', () => {
  it('carries its id where an error and where response.created will repeat it', () => {
    expect(JSON.parse(responseCreate('response_1', { instructions: 'Say hello.', speaksOnly: true }))).toEqual({
      type: 'response.create',
      event_id: 'response_1',
      response: { instructions: 'Say hello.', tool_choice: 'none', metadata: { request_id: 'response_1' } },
    });
    expect(JSON.parse(responseCreate('response_2', {}))).toMatchObject({
      response: { metadata: { request_id: 'response_2' } },
    });
  });
});
