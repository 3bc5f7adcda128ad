import { SandboxFixture, until } from '../spec-support/sandbox-fixture';

interface CallView {
  status: string;
  error?: string;
  twiml: string[];
}

describe('running TwiML', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start({ ringMs: 0 });
  });
  afterAll(() => fixture.close());
  beforeEach(() => {
    fixture.voices.spoken.length = 0;
    fixture.product.answers.clear();
    fixture.product.webhooks.length = 0;
  });

  const run = async (...documents: string[]) => {
    fixture.product.answer('/voice', ...documents);
    const { sid } = await fixture.call('+12025550106');
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    const view = await fixture.view<CallView>(sid);
    return { spoken: fixture.voices.spoken.map(({ text }) => text), error: view.error?.split(' ')[0], view };
  };

  it.each<[string, string[], string | undefined]>([
    ['<Say>One</Say><Say>Two</Say>', ['One', 'Two'], undefined],
    ['<Say/>', [], undefined],
    ['<Say language="de-DE" voice="Polly.Vicki-Neural">Eins</Say>', ['Eins'], undefined],
    ['<Say language="de">Eins</Say><Say>After</Say>', ['After'], '12200'],
    ['<Say language="es-ES" voice="Polly.Vicki-Neural">Uno</Say><Say>After</Say>', ['After'], '13511'],
    ['<Say>One</Say><Hangup/><Say>Two</Say>', ['One'], undefined],
    ['<Pause length="0"/><Say>After</Say>', ['After'], undefined],
    ['<Play digits="1"/><Say>After</Say>', ['After'], undefined],
    ['<Play>http://a.example/b.mp3</Play><Say>After</Say>', ['After'], '12200'],
    ['<Dance/><Say>After</Say>', ['After'], '12200'],
    ['<Reject/><Say>Never</Say>', [], '12200'],
    ['<Redirect></Redirect>', [], '11200'],
    ['<Redirect>ftp://a.example</Redirect><Say>Never</Say>', [], '12200'],
    ['<Connect><Room/></Connect><Say>After</Say>', ['After'], '12200'],
    ['<Connect><Stream url="wss://a.example/m?x=1"/></Connect><Say>After</Say>', ['After'], '31920'],
    ['<Connect><Stream url="ws://127.0.0.1:1/m"/></Connect><Say>After</Say>', ['After'], '31920'],
    ['<Gather timeout="0"><Say>Press</Say></Gather><Say>Nothing came</Say>', ['Press', 'Nothing came'], undefined],
    ['<Start><Stream url="wss://a.example"/></Start><Say>After</Say>', ['After'], '12200'],
  ])('%s', async (document, spoken, error) => {
    const result = await run(document);
    expect(result.spoken).toEqual(spoken);
    expect(result.error).toBe(error);
  });

  it('follows a redirect that is seen from the document, by GET when asked', async () => {
    fixture.product.answer('/next', '<Say>There</Say>');
    const { spoken, view } = await run('<Redirect method="GET">next?a=1</Redirect>');
    expect(spoken).toEqual(['There']);
    expect(view.twiml).toHaveLength(2);
    expect(fixture.product.on('/next')[0]).toMatchObject({ method: 'GET', isSigned: true, form: { a: '1' } });
  });

  it('asks the action of an empty <Gather> when it is told to', async () => {
    fixture.product.answer('/keys', '<Say>No keys</Say>');
    await run('<Gather timeout="0" action="/keys" actionOnEmptyResult="true"/>');
    expect(fixture.product.on('/keys')[0]?.form).toMatchObject({ Digits: '' });
  });

  it('runs a document that came with the call', async () => {
    const { sid } = await fixture.call('+12025550106', {
      url: undefined,
      twiml: '<Response><Say>Inline</Say></Response>',
    });
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    expect(fixture.voices.spoken).toEqual([{ text: 'Inline', voice: 'carrier' }]);
    expect(fixture.product.on('/voice')).toEqual([]);
  });

  it('records from <Start><Recording> and goes on at once', async () => {
    fixture.product.answer(
      '/voice',
      '<Start><Recording recordingStatusCallback="/recorded"/></Start><Say>Recorded words</Say>',
    );
    await fixture.call('+12025550106');
    await until('the recording', () => fixture.product.on('/recorded').length === 1);
    expect(fixture.product.on('/recorded')[0]?.form).toMatchObject({ RecordingStatus: 'completed' });
  });
});
