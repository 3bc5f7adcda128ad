import type { Language } from '../language';

export const sv: Language = {
  say: [{ tag: 'sv-SE', voice: 'Polly.Elin-Neural' }],
  heardBy: {
    words:
      'hallå hej god morgon dag ja nej tack jag är du ni det vem vad när var hur varför och med för en ett inte vill kan prata tala talar svenska har min mitt också gärna någon',
  },
  sentences: {
    disclosure: 'Hej, det här är en automatisk assistent som ringer för {name}.',
    isRecorded: 'Det här samtalet spelas in.',
    stillThere: 'Är du kvar?',
    silenceGoodbye: 'Jag hör dig inte, så jag avslutar samtalet nu. Hej då.',
    timeUpGoodbye: 'Tyvärr är tiden för samtalet slut. Tack och hej då.',
    busy: 'Hej, det här är ett automatiskt samtal. Vi kan tyvärr inte prata med dig just nu. Tack och hej då.',
    trouble: 'Tyvärr har vi ett tekniskt problem, så jag måste avsluta samtalet. Hej då.',
    welcome: 'Välkommen. Du kommer nu att få prata med en automatisk assistent.',
    pressAnyKey: 'Tryck på valfri knapp för att börja.',
    noKey: 'Ingen knapp trycktes, så vi avslutar samtalet nu. Hej då.',
    numberUnknown: 'Ingen svarar på det här numret. Hej då.',
    allBusy: 'Tyvärr är alla linjer upptagna just nu. Ring gärna igen senare. Hej då.',
    notAvailable: 'Tyvärr kan vi inte ta emot ditt samtal just nu. Ring gärna igen senare. Hej då.',
  },
};
