import type { Language } from '../language';

export const sk: Language = {
  say: [{ tag: 'sk-SK', voice: 'Google.sk-SK-Wavenet-A' }],
  heardBy: {
    words:
      'haló ahoj dobrý deň ráno večer áno nie ďakujem prosím som ste je kto čo kedy kde ako prečo a s pre chcem chcel chcela by môžem môžete hovoriť hovorím slovensky môj moja veľmi dobre máte to sa mi',
    letters: { of: /[ľĺŕôď]/giu, worth: 1 },
  },
  sentences: {
    disclosure: 'Dobrý deň, hovorí automatický asistent v mene {name}.',
    isRecorded: 'Tento hovor sa nahráva.',
    stillThere: 'Ste tam ešte?',
    silenceGoodbye: 'Nepočujem vás, preto hovor ukončím. Dovidenia.',
    timeUpGoodbye: 'Prepáčte, čas tohto hovoru vypršal. Ďakujem a dovidenia.',
    busy: 'Dobrý deň, toto je automatický hovor. Ospravedlňujeme sa, momentálne s vami nemôžeme hovoriť. Ďakujeme a dovidenia.',
    trouble: 'Prepáčte, máme technický problém, a preto musím hovor ukončiť. Dovidenia.',
    welcome: 'Vitajte. O chvíľu budete hovoriť s automatickým asistentom.',
    pressAnyKey: 'Začnite stlačením ľubovoľného tlačidla.',
    noKey: 'Nebolo stlačené žiadne tlačidlo, preto hovor ukončíme. Dovidenia.',
    numberUnknown: 'Na tomto čísle nikto neodpovedá. Dovidenia.',
    allBusy: 'Ospravedlňujeme sa, všetky linky sú momentálne obsadené. Zavolajte prosím neskôr. Dovidenia.',
    notAvailable: 'Ospravedlňujeme sa, váš hovor teraz nemôžeme prijať. Zavolajte prosím neskôr. Dovidenia.',
  },
};
