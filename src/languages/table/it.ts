import type { Language } from '../language';

export const it: Language = {
  say: [{ tag: 'it-IT', voice: 'Polly.Bianca-Neural' }],
  heardBy: {
    words:
      'pronto ciao buongiorno buonasera sì si no grazie prego per favore sono è chi che cosa come quando dove perché con una un il lo la gli vorrei voglio posso può parlare parla italiano mio mia bene molto non avete',
    letters: { of: /[ìò]/giu, worth: 0.8 },
  },
  sentences: {
    disclosure: 'Buongiorno, sono un assistente automatico e parlo per conto di {name}.',
    isRecorded: 'Questa chiamata viene registrata.',
    stillThere: 'È ancora in linea?',
    silenceGoodbye: 'Non la sento, quindi termino la chiamata. Arrivederci.',
    timeUpGoodbye: 'Mi dispiace, il tempo per questa chiamata è terminato. Grazie e arrivederci.',
    busy: 'Buongiorno, questa è una chiamata automatica. Ci dispiace, al momento non possiamo parlare con lei. Grazie e arrivederci.',
    trouble: 'Mi dispiace, abbiamo un problema tecnico e devo terminare la chiamata. Arrivederci.',
    welcome: 'Benvenuto. Sta per parlare con un assistente automatico.',
    pressAnyKey: 'Prema un tasto qualsiasi per iniziare.',
    noKey: 'Non è stato premuto alcun tasto, quindi terminiamo la chiamata. Arrivederci.',
    numberUnknown: 'A questo numero non risponde nessuno. Arrivederci.',
    allBusy: 'Ci dispiace, al momento tutte le linee sono occupate. La preghiamo di richiamare più tardi. Arrivederci.',
    notAvailable:
      'Ci dispiace, al momento non possiamo rispondere alla sua chiamata. La preghiamo di richiamare più tardi. Arrivederci.',
  },
};
