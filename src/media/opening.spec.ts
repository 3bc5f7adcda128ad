import type { CallPlan } from './call-plan';
import { Opening, sayExactly } from './opening';
import { aPlan, DISCLOSURE, GREETING } from './testing/scripted-call';

const anOpening = (plan: Partial<CallPlan> = {}): Opening =>
  new Opening(aPlan({ disclosure: DISCLOSURE, greeting: GREETING, ...plan }), () => undefined);

describe('the first words', () => {
  it('are the disclosure and the greeting, word for word, in one quotation', () => {
    expect(anOpening().firstWords()).toEqual({
      instructions: `Say word for word "${DISCLOSURE} ${GREETING}" and nothing else.`,
      speaksOnly: true,
    });
  });

  it('are the model’s own after the disclosure when there is no greeting', () => {
    const opening = anOpening({ greeting: undefined });
    expect(opening.goesBefore('opening')).toBe(true);
    expect(opening.disclosure()).toEqual(sayExactly(DISCLOSURE));
    expect(opening.goesBefore('opening')).toBe(false);
    expect(opening.firstWords().instructions).toMatch(/^Now greet [^"]*You are a friendly baker\.$/s);
    expect(anOpening({ greeting: undefined, disclosure: undefined }).firstWords().instructions).not.toContain('"');
  });

  it('keep their quotation marks to themselves', () => {
    expect(sayExactly('I am "Ann", the “bot”').instructions).toBe(
      `Say word for word "I am 'Ann', the 'bot'" and nothing else.`,
    );
  });
});

describe('the disclosure', () => {
  it('is not repeated while it is on its way, and is when that was cut', () => {
    const opening = anOpening();
    opening.firstWords();
    expect(opening.answer()).toEqual({});
    opening.notUnderway();
    expect(opening.goesBefore('reply')).toBe(true);
    expect(opening.goesBefore('goodbye')).toBe(false);
    expect(opening.disclosure()).toEqual(sayExactly(DISCLOSURE));
    expect(opening.answer()).toEqual({});
  });

  it('is owed until enough of it was heard', () => {
    const opening = anOpening();
    expect(opening.heard('This is an automated')).toBe(false);
    expect(opening.isDisclosureOwed).toBe(true);
    expect(opening.allowsServerResponses).toBe(false);
    expect(opening.heard(`${DISCLOSURE} ${GREETING}`)).toBe(true);
    expect(opening.isDisclosureOwed).toBe(false);
    expect(opening.allowsServerResponses).toBe(true);
    expect(opening.heard(DISCLOSURE)).toBe(false);
  });

  it('comes with the greeting in the first answer to a customer who speaks first', () => {
    const opening = anOpening({ whoSpeaksFirst: 'customer', disclosure: undefined });
    expect(opening.allowsServerResponses).toBe(false);
    expect(opening.answer().instructions).toContain(`word for word "${GREETING}"`);
    expect(opening.allowsServerResponses).toBe(true);
    expect(opening.answer()).toEqual({});
  });

  it('takes the greeting with it again when the response was never made', () => {
    const opening = anOpening();
    opening.firstWords();
    opening.lost(null);
    expect(opening.firstWords().instructions).toContain(GREETING);
    opening.notUnderway();
    expect(opening.disclosure()).toEqual(sayExactly(DISCLOSURE));
  });

  it('is not said again because something else fails', () => {
    const opening = anOpening({ greeting: undefined });
    opening.disclosure();
    opening.carriedBy('r1');
    opening.made('r1');
    opening.lost('r2');
    opening.lost(null);
    expect(opening.goesBefore('opening')).toBe(false);
    opening.lost('r1');
    expect(opening.goesBefore('opening')).toBe(true);
  });

  it('goes before a sentence of the product’s, and is not owed when it is switched off', () => {
    expect(anOpening({ greeting: undefined }).sentence('Hello?').instructions).toContain(`"${DISCLOSURE} Hello?"`);
    expect(anOpening({ disclosure: ' ' }).isDisclosureOwed).toBe(false);
  });
});
