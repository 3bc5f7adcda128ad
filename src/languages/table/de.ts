import type { Language } from '../language';

export const de: Language = {
  say: [
    { tag: 'de-DE', voice: 'Polly.Vicki-Neural' },
    { tag: 'de-AT', voice: 'Polly.Hannah-Neural' },
  ],
  heardBy: {
    words:
      'hallo guten tag morgen abend ja nein danke bitte ich bin sie sind ist wer was wann wo wie warum und mit für eine ein der die das nicht möchte will kann können sprechen spricht deutsch haben habe mein meine gerne heute auch noch',
    letters: { of: /ß/giu, worth: 1.5 },
  },
  sentences: {
    disclosure: 'Guten Tag, hier spricht ein automatischer Assistent im Auftrag von {name}.',
    isRecorded: 'Dieses Gespräch wird aufgezeichnet.',
    stillThere: 'Sind Sie noch da?',
    silenceGoodbye: 'Ich kann Sie nicht hören und beende deshalb jetzt das Gespräch. Auf Wiederhören.',
    timeUpGoodbye: 'Es tut mir leid, die Zeit für dieses Gespräch ist um. Vielen Dank und auf Wiederhören.',
    busy: 'Guten Tag, dies ist ein automatischer Anruf. Leider können wir im Moment nicht mit Ihnen sprechen. Vielen Dank und auf Wiederhören.',
    trouble:
      'Es tut mir leid, wir haben ein technisches Problem, deshalb muss ich das Gespräch beenden. Auf Wiederhören.',
    welcome: 'Willkommen. Sie sprechen gleich mit einem automatischen Assistenten.',
    pressAnyKey: 'Bitte drücken Sie eine beliebige Taste, um zu beginnen.',
    noKey: 'Es wurde keine Taste gedrückt, deshalb beenden wir das Gespräch. Auf Wiederhören.',
    numberUnknown: 'Unter dieser Nummer antwortet niemand. Auf Wiederhören.',
    allBusy:
      'Es tut uns leid, im Moment sind alle Leitungen belegt. Bitte rufen Sie später wieder an. Auf Wiederhören.',
    notAvailable:
      'Es tut uns leid, Ihr Anruf kann im Moment nicht angenommen werden. Bitte rufen Sie später wieder an. Auf Wiederhören.',
  },
};
