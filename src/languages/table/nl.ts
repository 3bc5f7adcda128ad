import type { Language } from '../language';

export const nl: Language = {
  say: [
    { tag: 'nl-NL', voice: 'Polly.Laura-Neural' },
    { tag: 'nl-BE', voice: 'Polly.Lisa-Neural' },
  ],
  heardBy: {
    words:
      'hallo goedemorgen goedemiddag goedendag dag ja nee dank bedankt alstublieft ik ben u bent is wie wat wanneer waar hoe waarom en met voor een de het niet wil graag kan kunnen spreken spreekt nederlands heeft hebben mijn ook nog',
  },
  sentences: {
    disclosure: 'Goedendag, u spreekt met een automatische assistent namens {name}.',
    isRecorded: 'Dit gesprek wordt opgenomen.',
    stillThere: 'Bent u er nog?',
    silenceGoodbye: 'Ik hoor u niet en beëindig daarom het gesprek. Tot ziens.',
    timeUpGoodbye: 'Het spijt me, de tijd voor dit gesprek is om. Bedankt en tot ziens.',
    busy: 'Goedendag, dit is een automatische oproep. Helaas kunnen we u op dit moment niet te woord staan. Bedankt en tot ziens.',
    trouble: 'Het spijt me, we hebben een technisch probleem, dus ik moet het gesprek beëindigen. Tot ziens.',
    welcome: 'Welkom. U spreekt zo meteen met een automatische assistent.',
    pressAnyKey: 'Druk op een willekeurige toets om te beginnen.',
    noKey: 'Er is geen toets ingedrukt, dus we beëindigen het gesprek. Tot ziens.',
    numberUnknown: 'Op dit nummer neemt niemand op. Tot ziens.',
    allBusy: 'Het spijt ons, alle lijnen zijn op dit moment bezet. Belt u later nog eens terug. Tot ziens.',
    notAvailable:
      'Het spijt ons, we kunnen uw oproep op dit moment niet aannemen. Belt u later nog eens terug. Tot ziens.',
  },
};
