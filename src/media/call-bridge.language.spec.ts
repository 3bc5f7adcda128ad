import { ScriptedCall, type Message } from './testing/scripted-call';

const SPANISH = {
  instructions: 'Eres un panadero simpático.',
  language: 'es',
  disclosure: 'Soy un asistente automático de la panadería.',
  phrases: {
    stillThere: '¿Sigue usted ahí?',
    silenceGoodbye: 'Adiós entonces.',
    timeUpGoodbye: 'Se acabó el tiempo.',
    troubleGoodbye: 'Tenemos un problema técnico. Adiós.',
  },
};

function live(): ScriptedCall {
  const call = new ScriptedCall().ring().answer();
  call.respond({ responseId: 'r1', itemId: 'a1', text: 'How can I help you today?', audioMs: 1000 });
  call.pass(1100);
  return call;
}

const lastSession = (call: ScriptedCall) => call.model.of('session.update').at(-1)?.['session'] as Message;

describe('a conversation that goes on in another language', () => {
  it('tells the model who it is in it and what to listen for, and keeps the voice', () => {
    const call = live();
    call.bridge.changeLanguage(SPANISH);
    const updates = call.model.of('session.update').map(({ session }) => session as Message);
    expect(updates).toContainEqual({
      type: 'realtime',
      instructions: SPANISH.instructions,
      audio: { input: { transcription: { model: 'gpt-transcribe', language: 'es' } } },
    });
    expect(lastSession(call)).not.toHaveProperty('voice');
  });

  it('says the disclosure anew, once what is being said is over', () => {
    const call = live();
    const begun = call.model.of('response.create').length;
    call.bridge.changeLanguage(SPANISH);
    expect(call.model.of('response.create')).toHaveLength(begun + 1);
    expect(call.lastCreate().instructions).toBe(`Say word for word "${SPANISH.disclosure}" and nothing else.`);
    call.respond({ responseId: 'r2', itemId: 'a2', text: SPANISH.disclosure, audioMs: 1000 });
    call.pass(1100);
    // Heard to its end it is given, and nothing of it comes again.
    expect(call.model.of('response.create')).toHaveLength(begun + 1);
  });

  it('says its fixed sentences in it', () => {
    const call = live();
    call.bridge.changeLanguage({ ...SPANISH, disclosure: undefined });
    call.pass(8100);
    expect(call.lastCreate().instructions).toBe(`Say word for word "${SPANISH.phrases.stillThere}" and nothing else.`);
  });

  it('tells it to a session as well that was configured before, and takes over afterwards', () => {
    const silence = { repromptAfterMs: 500_000, endAfterMs: 500_000 };
    const call = new ScriptedCall({ silence }).ring(20_000).answer();
    call.respond({ responseId: 'r1', itemId: 'a1', text: 'How can I help you today?', audioMs: 1000 });
    call.hear(10_000);
    expect(call.sessions).toHaveLength(2);
    call.event({ type: 'session.created', session: {} });
    call.bridge.changeLanguage({ ...SPANISH, disclosure: undefined });
    call.confirm();
    expect(call.bridge.stats().modelSessions).toBe(2);
    const updates = call.model.of('session.update').map(({ session }) => session as Message);
    expect(updates.at(0)).toMatchObject({ instructions: 'You are a friendly baker.' });
    expect(updates.at(-1)).toMatchObject({
      instructions: SPANISH.instructions,
      audio: { input: { transcription: { language: 'es' } } },
    });
  });

  it('does not change once it is over', () => {
    const call = live();
    call.bridge.abort('customer_hung_up');
    const sent = call.model.of('session.update').length;
    call.bridge.changeLanguage(SPANISH);
    expect(call.model.of('session.update')).toHaveLength(sent);
  });
});
