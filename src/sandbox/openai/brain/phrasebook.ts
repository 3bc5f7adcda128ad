/** What the simulated model says in other languages than English: a few sentences, told apart from English at a glance. */
export interface Phrasebook {
  greeting: string;
  /** Said one after the other, whatever is asked. */
  replies: readonly string[];
  stillThere: string;
  farewell: string;
}

const PHRASEBOOKS: Readonly<Record<string, Phrasebook>> = {
  Spanish: {
    greeting: 'Buenos días, ¿en qué puedo ayudarle?',
    replies: [
      'Claro que sí, con mucho gusto.',
      'De acuerdo, lo he anotado.',
      '¿Hay algo más que pueda hacer por usted?',
    ],
    stillThere: 'Oiga, ¿sigue usted ahí?',
    farewell: 'Gracias por su tiempo, y adiós.',
  },
  German: {
    greeting: 'Guten Tag, wie kann ich Ihnen helfen?',
    replies: [
      'Aber gerne, das mache ich.',
      'In Ordnung, das habe ich notiert.',
      'Kann ich sonst noch etwas für Sie tun?',
    ],
    stillThere: 'Hallo, sind Sie noch dran?',
    farewell: 'Danke für Ihre Zeit, und auf Wiederhören.',
  },
  French: {
    greeting: 'Bonjour, que puis-je faire pour vous ?',
    replies: ['Bien sûr, avec plaisir.', "C'est d'accord, je l'ai noté.", 'Puis-je faire autre chose pour vous ?'],
    stillThere: 'Allô, êtes-vous encore là ?',
    farewell: 'Merci pour votre temps, et au revoir.',
  },
};

/** `Speak German unless …`, `Speak Mexican Spanish.`, `Answer in French.` */
const DEMANDED = /\b(?:speak|talk|answer|reply)(?: only)?(?: in)?(?: [A-Z][a-z]+)? (Spanish|German|French)\b/i;

/** Undefined: English. */
export function phrasebookFor(instructions: string): Phrasebook | undefined {
  const name = DEMANDED.exec(instructions)?.[1]?.toLowerCase() ?? '';
  return PHRASEBOOKS[name.charAt(0).toUpperCase() + name.slice(1)];
}
