import type { Language } from '../language';

export const hu: Language = {
  say: [{ tag: 'hu-HU', voice: 'Google.hu-HU-Wavenet-A' }],
  heardBy: {
    words:
      'halló szia jó napot reggelt estét kívánok igen nem köszönöm kérem én vagyok van ki mi mit mikor hol hogyan miért és a az egy szeretnék szeretném tudok lehet beszélek beszél magyarul hogy kell nagyon ön segíthetek időpontot tessék',
    letters: { of: /[őű]/giu, worth: 1.5 },
  },
  sentences: {
    disclosure: 'Jó napot kívánok, egy automata asszisztens beszél {name} nevében.',
    isRecorded: 'Ezt a hívást rögzítjük.',
    stillThere: 'Itt van még?',
    silenceGoodbye: 'Nem hallom Önt, ezért most befejezem a hívást. Viszonthallásra.',
    timeUpGoodbye: 'Sajnálom, a hívás ideje letelt. Köszönöm és viszonthallásra.',
    busy: 'Jó napot kívánok, ez egy automatikus hívás. Sajnáljuk, jelenleg nem tudunk Önnel beszélni. Köszönjük és viszonthallásra.',
    trouble: 'Sajnálom, műszaki hiba történt, ezért be kell fejeznem a hívást. Viszonthallásra.',
    welcome: 'Üdvözöljük. Hamarosan egy automata asszisztenssel fog beszélni.',
    pressAnyKey: 'A kezdéshez nyomjon meg egy tetszőleges gombot.',
    noKey: 'Nem nyomott meg gombot, ezért befejezzük a hívást. Viszonthallásra.',
    numberUnknown: 'Ezen a számon senki sem válaszol. Viszonthallásra.',
    allBusy: 'Sajnáljuk, jelenleg minden vonal foglalt. Kérjük, hívjon később. Viszonthallásra.',
    notAvailable: 'Sajnáljuk, hívását most nem tudjuk fogadni. Kérjük, hívjon később. Viszonthallásra.',
  },
};
