import type { Language } from '../language';

export const ro: Language = {
  say: [{ tag: 'ro-RO', voice: 'Google.ro-RO-Wavenet-A' }],
  heardBy: {
    words:
      'alo bună ziua dimineața seara da nu mulțumesc vă rog sunt este cine ce când unde cum de și cu pentru o un vreau doresc pot puteți vorbi vorbesc română meu mea foarte bine aveți să',
    letters: { of: /[țăș]/giu, worth: 1.2 },
  },
  sentences: {
    disclosure: 'Bună ziua, vorbește un asistent automat în numele {name}.',
    isRecorded: 'Acest apel este înregistrat.',
    stillThere: 'Mai sunteți acolo?',
    silenceGoodbye: 'Nu vă aud, așa că voi încheia apelul. La revedere.',
    timeUpGoodbye: 'Îmi pare rău, timpul pentru acest apel s-a terminat. Mulțumesc și la revedere.',
    busy: 'Bună ziua, acesta este un apel automat. Ne pare rău, momentan nu putem vorbi cu dumneavoastră. Mulțumim și la revedere.',
    trouble: 'Îmi pare rău, avem o problemă tehnică și trebuie să închei apelul. La revedere.',
    welcome: 'Bine ați venit. Veți vorbi cu un asistent automat.',
    pressAnyKey: 'Apăsați orice tastă pentru a începe.',
    noKey: 'Nu a fost apăsată nicio tastă, așa că încheiem apelul. La revedere.',
    numberUnknown: 'La acest număr nu răspunde nimeni. La revedere.',
    allBusy: 'Ne pare rău, toate liniile sunt ocupate în acest moment. Vă rugăm să reveniți mai târziu. La revedere.',
    notAvailable:
      'Ne pare rău, apelul dumneavoastră nu poate fi preluat acum. Vă rugăm să reveniți mai târziu. La revedere.',
  },
};
