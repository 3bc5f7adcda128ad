import type { Language } from '../language';

export const nb: Language = {
  say: [{ tag: 'nb-NO', voice: 'Polly.Ida-Neural' }],
  heardBy: {
    words:
      'hallo hei god morgen dag ja nei takk jeg er du det hvem hva når hvor hvordan hvorfor og med for en et ikke vil kan snakke snakker norsk har min mitt også gjerne noe',
    letters: { of: /[æø]/giu, worth: 0.4 },
  },
  sentences: {
    disclosure: 'Hei, dette er en automatisk assistent som snakker på vegne av {name}.',
    isRecorded: 'Denne samtalen blir tatt opp.',
    stillThere: 'Er du der fortsatt?',
    silenceGoodbye: 'Jeg hører deg ikke, så jeg avslutter samtalen nå. Ha det bra.',
    timeUpGoodbye: 'Beklager, tiden for denne samtalen er ute. Takk og ha det bra.',
    busy: 'Hei, dette er en automatisk oppringning. Vi kan dessverre ikke snakke med deg akkurat nå. Takk og ha det bra.',
    trouble: 'Beklager, vi har et teknisk problem, så jeg må avslutte samtalen. Ha det bra.',
    welcome: 'Velkommen. Du skal nå snakke med en automatisk assistent.',
    pressAnyKey: 'Trykk på en hvilken som helst tast for å begynne.',
    noKey: 'Ingen tast ble trykket, så vi avslutter samtalen nå. Ha det bra.',
    numberUnknown: 'Ingen svarer på dette nummeret. Ha det bra.',
    allBusy: 'Beklager, alle linjer er opptatt for øyeblikket. Ring igjen senere. Ha det bra.',
    notAvailable: 'Beklager, vi kan ikke ta samtalen din akkurat nå. Ring igjen senere. Ha det bra.',
  },
};
