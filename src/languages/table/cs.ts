import type { Language } from '../language';

export const cs: Language = {
  say: [{ tag: 'cs-CZ', voice: 'Google.cs-CZ-Wavenet-A' }],
  heardBy: {
    words:
      'haló ahoj dobrý den ráno večer ano ne děkuji prosím jsem jste je kdo co kdy kde jak proč a s pro chci chtěl chtěla můžu mohu můžete mluvit mluvím česky můj moje velmi dobře máte to se',
    letters: { of: /[řěů]/giu, worth: 1.5 },
  },
  sentences: {
    disclosure: 'Dobrý den, mluví automatický asistent jménem {name}.',
    isRecorded: 'Tento hovor je nahráván.',
    stillThere: 'Jste tam ještě?',
    silenceGoodbye: 'Neslyším vás, proto hovor ukončím. Na shledanou.',
    timeUpGoodbye: 'Omlouvám se, čas tohoto hovoru vypršel. Děkuji a na shledanou.',
    busy: 'Dobrý den, toto je automatický hovor. Omlouváme se, v tuto chvíli s vámi nemůžeme mluvit. Děkujeme a na shledanou.',
    trouble: 'Omlouvám se, máme technický problém, a proto musím hovor ukončit. Na shledanou.',
    welcome: 'Vítejte. Za okamžik budete mluvit s automatickým asistentem.',
    pressAnyKey: 'Začněte stisknutím libovolné klávesy.',
    noKey: 'Nebyla stisknuta žádná klávesa, proto hovor ukončíme. Na shledanou.',
    numberUnknown: 'Na tomto čísle nikdo neodpovídá. Na shledanou.',
    allBusy: 'Omlouváme se, všechny linky jsou nyní obsazené. Zavolejte prosím později. Na shledanou.',
    notAvailable: 'Omlouváme se, váš hovor teď nemůžeme přijmout. Zavolejte prosím později. Na shledanou.',
  },
};
