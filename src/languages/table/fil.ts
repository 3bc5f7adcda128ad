import type { Language } from '../language';

export const fil: Language = {
  say: [{ tag: 'fil-PH', voice: 'Google.fil-PH-Wavenet-A' }],
  heardBy: {
    words:
      'kumusta magandang umaga hapon gabi oo opo po hindi salamat pakiusap ako ikaw kayo ito iyon sino ano kailan saan paano bakit at para sa ng ang mga gusto kong ko puwede pwede ba magsalita nagsasalita tagalog filipino mag akin mabuti lang naman nga',
  },
  sentences: {
    disclosure: 'Magandang araw po, ito ay isang awtomatikong katulong na nagsasalita para kay {name}.',
    isRecorded: 'Nire-record po ang tawag na ito.',
    stillThere: 'Nandiyan pa po ba kayo?',
    silenceGoodbye: 'Hindi ko po kayo marinig, kaya tatapusin ko na ang tawag. Paalam po.',
    timeUpGoodbye: 'Paumanhin po, tapos na ang oras ng tawag na ito. Salamat po at paalam.',
    busy: 'Magandang araw po, ito ay isang awtomatikong tawag. Paumanhin po, hindi namin kayo makakausap sa ngayon. Salamat po at paalam.',
    trouble: 'Paumanhin po, may problemang teknikal kami, kaya kailangan kong tapusin ang tawag. Paalam po.',
    welcome: 'Maligayang pagdating. Makakausap po ninyo ngayon ang isang awtomatikong katulong.',
    pressAnyKey: 'Pindutin po ang kahit anong numero para magsimula.',
    noKey: 'Walang pinindot na numero, kaya tinatapos na namin ang tawag. Paalam po.',
    numberUnknown: 'Walang sumasagot sa numerong ito. Paalam po.',
    allBusy: 'Paumanhin po, abala ang lahat ng linya sa ngayon. Tumawag po ulit mamaya. Paalam po.',
    notAvailable: 'Paumanhin po, hindi namin masagot ang tawag ninyo sa ngayon. Tumawag po ulit mamaya. Paalam po.',
  },
};
