import type { Language } from '../language';

export const ca: Language = {
  say: [{ tag: 'ca-ES', voice: 'Google.ca-ES-Standard-A' }],
  heardBy: {
    words:
      'hola bon bona dia tarda vespre sí si no gràcies plau us sóc soc és què qui quan on com per amb un una el la els les vull voldria puc pot parlar parla parlo català molt bé em digui hi ha meu meva això tinc vostè de moltes',
  },
  sentences: {
    disclosure: 'Hola, li parla un assistent automàtic en nom de {name}.',
    isRecorded: 'Aquesta trucada s’enregistra.',
    stillThere: 'Encara hi és?',
    silenceGoodbye: 'No el sento, així que acabaré la trucada. Adéu.',
    timeUpGoodbye: 'Ho sento, s’ha acabat el temps d’aquesta trucada. Gràcies i adéu.',
    busy: 'Hola, això és una trucada automàtica. Ho sentim, ara mateix no podem parlar amb vostè. Gràcies i adéu.',
    trouble: 'Ho sento, tenim un problema tècnic i he d’acabar la trucada. Adéu.',
    welcome: 'Benvingut. Ara parlarà amb un assistent automàtic.',
    pressAnyKey: 'Premi qualsevol tecla per començar.',
    noKey: 'No s’ha premut cap tecla, així que acabem la trucada. Adéu.',
    numberUnknown: 'Ningú no respon en aquest número. Adéu.',
    allBusy: 'Ho sentim, ara mateix totes les línies estan ocupades. Si us plau, truqui més tard. Adéu.',
    notAvailable: 'Ho sentim, ara no podem atendre la seva trucada. Si us plau, truqui més tard. Adéu.',
  },
};
