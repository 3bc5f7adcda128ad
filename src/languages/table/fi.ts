import type { Language } from '../language';

export const fi: Language = {
  say: [{ tag: 'fi-FI', voice: 'Polly.Suvi-Neural' }],
  heardBy: {
    words:
      'haloo hei moi terve hyvää huomenta päivää kyllä joo ei kiitos minä olen sinä te on kuka mikä mitä milloin missä miten miksi ja kanssa haluaisin haluan voin voisin puhua puhun puhutteko suomea minun myös täällä',
  },
  sentences: {
    disclosure: 'Hei, tässä puhuu automaattinen avustaja, joka soittaa seuraavan puolesta: {name}.',
    isRecorded: 'Tämä puhelu nauhoitetaan.',
    stillThere: 'Oletko vielä siellä?',
    silenceGoodbye: 'En kuule sinua, joten lopetan puhelun nyt. Näkemiin.',
    timeUpGoodbye: 'Valitettavasti tämän puhelun aika on päättynyt. Kiitos ja näkemiin.',
    busy: 'Hei, tämä on automaattinen puhelu. Valitettavasti emme voi nyt puhua kanssasi. Kiitos ja näkemiin.',
    trouble: 'Valitettavasti meillä on tekninen ongelma, joten minun on lopetettava puhelu. Näkemiin.',
    welcome: 'Tervetuloa. Puhut kohta automaattisen avustajan kanssa.',
    pressAnyKey: 'Aloita painamalla mitä tahansa näppäintä.',
    noKey: 'Mitään näppäintä ei painettu, joten lopetamme puhelun. Näkemiin.',
    numberUnknown: 'Tästä numerosta ei vastata. Näkemiin.',
    allBusy: 'Valitettavasti kaikki linjat ovat juuri nyt varattuja. Soita myöhemmin uudelleen. Näkemiin.',
    notAvailable: 'Valitettavasti emme voi nyt vastata puheluusi. Soita myöhemmin uudelleen. Näkemiin.',
  },
};
