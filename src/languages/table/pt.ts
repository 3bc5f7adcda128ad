import type { Language } from '../language';

export const pt: Language = {
  say: [
    { tag: 'pt-PT', voice: 'Polly.Ines-Neural' },
    { tag: 'pt-BR', voice: 'Polly.Camila-Neural' },
  ],
  heardBy: {
    words:
      'olá bom boa dia tarde noite sim não obrigado obrigada por favor eu sou estou é quem que quê como quando onde com uma um o a os as queria quero preciso posso pode falar fala português meu minha muito bem você senhor tem alô',
    letters: { of: /[ãõ]/giu, worth: 1.2 },
  },
  sentences: {
    disclosure: 'Olá, fala um assistente automático em nome de {name}.',
    isRecorded: 'Esta chamada é gravada.',
    stillThere: 'Ainda está aí?',
    silenceGoodbye: 'Não consigo ouvir, por isso vou terminar a chamada. Adeus.',
    timeUpGoodbye: 'Lamento, o tempo desta chamada terminou. Obrigado e adeus.',
    busy: 'Olá, esta é uma chamada automática. Lamentamos, mas neste momento não podemos falar consigo. Obrigado e adeus.',
    trouble: 'Lamento, temos um problema técnico e tenho de terminar a chamada. Adeus.',
    welcome: 'Bem-vindo. Vai falar com um assistente automático.',
    pressAnyKey: 'Prima qualquer tecla para começar.',
    noKey: 'Nenhuma tecla foi premida, por isso terminamos a chamada. Adeus.',
    numberUnknown: 'Ninguém atende neste número. Adeus.',
    allBusy: 'Lamentamos, todas as linhas estão ocupadas neste momento. Por favor, ligue mais tarde. Adeus.',
    notAvailable: 'Lamentamos, neste momento não podemos atender a sua chamada. Por favor, ligue mais tarde. Adeus.',
  },
};
