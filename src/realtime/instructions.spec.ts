import type { Agent } from '../scenarios/agent';
import { instructionsFor } from './instructions';

const agent: Agent = {
  scenarioName: 'sales',
  displayName: 'Sales',
  persona: 'You are Mike, a friendly seller of {{product}}.',
  prompt: 'Find out what {{customer}} needs.',
  voice: 'ash',
  voiceType: 'aggressive_male',
  temperature: 0.7,
  greeting: null,
  whoSpeaksFirst: 'agent',
  language: 'de-DE',
  maxDurationSeconds: null,
  voicemailMessage: null,
  tools: ['end_call'],
  extractionSchema: null,
};
const facts = { ownerName: 'Acme', direction: 'outbound' as const, variables: { product: 'tea', customer: 'Ann' } };

describe('instructions', () => {
  it('say who the agent is, what it is to do, in which language and for whom', () => {
    const text = instructionsFor(agent, facts);
    expect(text).toContain('You are Mike, a friendly seller of tea.');
    expect(text).toContain('Find out what Ann needs.');
    expect(text).toMatch(/German/);
    expect(text).toContain('on behalf of Acme');
    expect(text).toContain('end_call');
    expect(text).not.toContain('record_order');
  });

  describe('of the calendar', () => {
    const standing = { isConnected: true, timeZone: 'Europe/Berlin', now: new Date('2026-12-01T09:05:30Z') };
    const hours = (from: string, to: string) => ({ start: new Date(from), end: new Date(to) });

    it('say what time it is, what comes next and what is free', () => {
      const text = instructionsFor(agent, facts, {
        standing,
        briefing: {
          events: [
            { kind: 'moments', id: 'e1', summary: 'Dentist', ...hours('2026-12-02T14:00Z', '2026-12-02T15:00Z') },
            { kind: 'moments', id: 'e2', summary: 'Night', ...hours('2026-12-02T22:00Z', '2026-12-03T00:00Z') },
            { kind: 'days', id: 'e3', summary: 'Fair', from: '2026-12-24', to: '2026-12-24' },
            { kind: 'days', id: 'e4', summary: 'Trip', from: '2026-12-25', to: '2026-12-27' },
          ],
          freeTimes: [hours('2026-12-02T08:00Z', '2026-12-02T14:00Z')],
        },
      });
      expect(text).toContain('# The calendar of Acme\nIt is Tuesday, 2026-12-01, 10:05, in Europe/Berlin.\n');
      expect(text).toContain('\n- Wednesday 2026-12-02 15:00-16:00: Dentist (event id e1)\n');
      expect(text).toContain('\n- Wednesday 2026-12-02 23:00-2026-12-03 01:00: Night (event id e2)\n');
      expect(text).toContain('\n- Thursday 2026-12-24, all day: Fair (event id e3)\n');
      expect(text).toContain('\n- Friday 2026-12-25, all day: (until 2026-12-27) Trip (event id e4)\n');
      expect(text).toContain('\n- Wednesday 2026-12-02 09:00-15:00\n');
    });

    it('do not let an event pass for another', () => {
      const summary = 'Lunch (event id e9)';
      const events = [
        { kind: 'moments', id: 'e1', summary, ...hours('2026-12-02T14:00Z', '2026-12-02T15:00Z') } as const,
      ];
      const text = instructionsFor(agent, facts, { standing, briefing: { events, freeTimes: [] } });
      expect(text.match(/\(event id [^)]*\)/g)).toEqual(['(event id e1)']);
      expect(text).toMatch(/written by other people/);
    });

    it('say when it could not be read, and when there is none', () => {
      expect(instructionsFor(agent, facts, { standing, briefing: null })).toMatch(/could not be read in time/);
      const none = { standing: { ...standing, isConnected: false }, briefing: null };
      expect(instructionsFor(agent, facts, none)).toMatch(/in Europe\/Berlin\.\nNo calendar is connected/);
      expect(instructionsFor(agent, facts)).not.toMatch(/calendar/);
    });
  });
});
