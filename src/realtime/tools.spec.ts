import type { OrderSoFar } from '../calls/live-calls.service';
import type { Agent } from '../scenarios/agent';
import { runTool, toolDefinitions, ToolOutcome, withoutCalendar } from './tools';

function setUp(tools: Agent['tools']) {
  const recorded: OrderSoFar[] = [];
  const texted: string[] = [];
  const effects = {
    recordOrder: (order: OrderSoFar) => void recorded.push(order),
    sendText: (toolCallId: string, body: string) => {
      texted.push(`${toolCallId}: ${body}`);
      return Promise.resolve({ ok: true as const, message: 'The text is on its way.' });
    },
  };
  const run = (name: string, argumentsJson: string): ToolOutcome => {
    const outcome = runTool({ tools }, { name, argumentsJson, toolCallId: 'call_1' }, effects);
    if (outcome instanceof Promise) throw new Error('It is answered later.');
    return outcome;
  };
  const runLater = (name: string, argumentsJson: string) =>
    runTool({ tools }, { name, argumentsJson, toolCallId: 'call_1' }, effects);
  return { recorded, texted, run, runLater };
}

describe('tools', () => {
  it('are offered as the scenario has them', () => {
    const names = toolDefinitions({ tools: ['end_call', 'record_order'] } as Agent).map(({ name }) => name);
    expect(names).toEqual(['end_call', 'record_order']);
  });

  it('send_text says what came of it, and takes no other number', async () => {
    const { run, runLater, texted } = setUp(['send_text']);
    const outcome = await runLater('send_text', JSON.stringify({ body: ' 1 Main Street ', to: '+12025550199' }));
    expect(outcome).toEqual({ output: { ok: true, message: 'The text is on its way.' }, then: 'respond' });
    expect(texted).toEqual(['call_1: 1 Main Street']);
    for (const body of ['', '   ', 'x'.repeat(1601)]) {
      expect(run('send_text', JSON.stringify({ body })).output).toMatchObject({ ok: false });
    }
  });

  it('record_order keeps the whole order with name and address', () => {
    const { run, recorded } = setUp(['record_order']);
    const outcome = run(
      'record_order',
      JSON.stringify({
        items: [{ name: 'margherita', quantity: 2, notes: 'no onions' }, { name: 'cola' }],
        customer_name: 'Ann',
        delivery_address: '1 Main Street',
      }),
    );
    expect(outcome).toEqual({ output: { recorded: true, items: 2 }, then: 'respond' });
    expect(recorded).toEqual([
      {
        items: [
          { name: 'margherita', quantity: 2, notes: 'no onions' },
          { name: 'cola', quantity: 1 },
        ],
        customerName: 'Ann',
        deliveryAddress: '1 Main Street',
      },
    ]);
  });

  it('end_call ends the call after what is being said', () => {
    expect(setUp(['end_call']).run('end_call', '')).toEqual({ output: { ok: true }, then: 'end-call' });
  });

  it.each([
    ['record_order', '{"items":'],
    ['record_order', '{"items":[{"quantity":2}]}'],
    ['record_order', '[]'],
    ['transfer_money', '{}'],
    ['look_up_day', '{"date":"2026-12-02"}'],
    ['constructor', '{}'],
  ])('answer the model in words when it got %s %s wrong', (name, json) => {
    const { run, recorded } = setUp(['end_call', 'record_order']);
    const outcome = run(name, json);
    expect(outcome.then).toBe('respond');
    expect(outcome.output['ok']).toBe(false);
    expect(recorded).toEqual([]);
  });

  it('are refused when the scenario does not have them', () => {
    expect(setUp(['end_call']).run('record_order', '{"items":[]}').output['ok']).toBe(false);
  });

  it('of the calendar are gone where none is connected', () => {
    expect(withoutCalendar(['end_call', 'look_up_day', 'book_event'])).toEqual(['end_call']);
  });
});
