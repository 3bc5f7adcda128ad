import type { Language } from '../language';

export const da: Language = {
  say: [{ tag: 'da-DK', voice: 'Google.da-DK-Wavenet-A' }],
  heardBy: {
    words:
      'hallo hej godmorgen goddag ja nej tak jeg er du det hvem hvad hvornår hvor hvordan hvorfor og med for en et ikke vil kan tale taler dansk har min mit også gerne noget',
    letters: { of: /[æø]/giu, worth: 0.4 },
  },
  sentences: {
    disclosure: 'Goddag, du taler med en automatisk assistent på vegne af {name}.',
    isRecorded: 'Denne samtale optages.',
    stillThere: 'Er du der stadig?',
    silenceGoodbye: 'Jeg kan ikke høre dig, så jeg afslutter opkaldet nu. Farvel.',
    timeUpGoodbye: 'Beklager, tiden for dette opkald er gået. Tak og farvel.',
    busy: 'Goddag, dette er et automatisk opkald. Vi kan desværre ikke tale med dig lige nu. Tak og farvel.',
    trouble: 'Beklager, vi har et teknisk problem, så jeg er nødt til at afslutte samtalen. Farvel.',
    welcome: 'Velkommen. Du kommer nu til at tale med en automatisk assistent.',
    pressAnyKey: 'Tryk på en vilkårlig tast for at begynde.',
    noKey: 'Der blev ikke trykket på nogen tast, så vi afslutter opkaldet nu. Farvel.',
    numberUnknown: 'Ingen svarer på dette nummer. Farvel.',
    allBusy: 'Beklager, alle linjer er optaget i øjeblikket. Ring venligst igen senere. Farvel.',
    notAvailable: 'Beklager, vi kan ikke tage dit opkald lige nu. Ring venligst igen senere. Farvel.',
  },
};
