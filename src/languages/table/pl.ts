import type { Language } from '../language';

export const pl: Language = {
  say: [{ tag: 'pl-PL', voice: 'Polly.Ola-Neural' }],
  heardBy: {
    words:
      'halo dzień dobry wieczór tak nie dziękuję proszę jestem jest kto co kiedy gdzie jak dlaczego z dla chcę chciałbym chciałabym mogę może mówić mówi polsku mój moja bardzo dobrze pan pani ma czy się to',
    letters: { of: /[łąęśźżćń]/giu, worth: 1.2 },
  },
  sentences: {
    disclosure: 'Dzień dobry, mówi automatyczny asystent w imieniu {name}.',
    isRecorded: 'Ta rozmowa jest nagrywana.',
    stillThere: 'Czy nadal tam jesteś?',
    silenceGoodbye: 'Nie słyszę odpowiedzi, więc kończę rozmowę. Do widzenia.',
    timeUpGoodbye: 'Przepraszam, czas tej rozmowy się skończył. Dziękuję i do widzenia.',
    busy: 'Dzień dobry, to jest połączenie automatyczne. Przepraszamy, w tej chwili nie możemy rozmawiać. Dziękujemy i do widzenia.',
    trouble: 'Przepraszam, mamy problem techniczny i muszę zakończyć rozmowę. Do widzenia.',
    welcome: 'Witamy. Za chwilę porozmawia z Tobą automatyczny asystent.',
    pressAnyKey: 'Aby rozpocząć, naciśnij dowolny klawisz.',
    noKey: 'Nie naciśnięto żadnego klawisza, więc kończymy rozmowę. Do widzenia.',
    numberUnknown: 'Pod tym numerem nikt nie odbiera. Do widzenia.',
    allBusy: 'Przepraszamy, wszystkie linie są w tej chwili zajęte. Prosimy zadzwonić później. Do widzenia.',
    notAvailable: 'Przepraszamy, w tej chwili nie możemy odebrać połączenia. Prosimy zadzwonić później. Do widzenia.',
  },
};
