import type { Language } from '../language';

export const fr: Language = {
  say: [
    { tag: 'fr-FR', voice: 'Polly.Lea-Neural' },
    { tag: 'fr-BE', voice: 'Polly.Isabelle-Neural' },
    { tag: 'fr-CA', voice: 'Polly.Gabrielle-Neural' },
  ],
  heardBy: {
    words:
      'bonjour bonsoir allô allo oui non merci je suis vous êtes est qui que quoi comment pourquoi quand où avec pour une un le la les des mon ma voudrais veux peux parler français parlez bien très pas ne ça cela appelle avez il elle',
    letters: { of: /[êœù]|[cdjlmnst]['’][aeéhiou]/giu, worth: 0.8 },
  },
  sentences: {
    disclosure: 'Bonjour, ici un assistant automatique qui parle au nom de {name}.',
    isRecorded: 'Cet appel est enregistré.',
    stillThere: 'Êtes-vous toujours là ?',
    silenceGoodbye: "Je ne vous entends pas, je vais donc mettre fin à l'appel. Au revoir.",
    timeUpGoodbye: 'Je suis désolé, le temps prévu pour cet appel est écoulé. Merci et au revoir.',
    busy: 'Bonjour, ceci est un appel automatique. Nous sommes désolés, nous ne pouvons pas vous parler pour le moment. Merci et au revoir.',
    trouble: "Je suis désolé, nous avons un problème technique et je dois mettre fin à l'appel. Au revoir.",
    welcome: 'Bienvenue. Vous allez parler avec un assistant automatique.',
    pressAnyKey: "Appuyez sur n'importe quelle touche pour commencer.",
    noKey: "Aucune touche n'a été pressée, nous mettons donc fin à l'appel. Au revoir.",
    numberUnknown: 'Personne ne répond à ce numéro. Au revoir.',
    allBusy:
      'Nous sommes désolés, toutes les lignes sont occupées pour le moment. Veuillez rappeler plus tard. Au revoir.',
    notAvailable:
      'Nous sommes désolés, nous ne pouvons pas prendre votre appel pour le moment. Veuillez rappeler plus tard. Au revoir.',
  },
};
