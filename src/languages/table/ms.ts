import type { Language } from '../language';

export const ms: Language = {
  say: [{ tag: 'ms-MY', voice: 'Google.ms-MY-Wavenet-A' }],
  heardBy: {
    words:
      'helo selamat pagi petang malam ya tidak tak terima kasih tolong saya adalah ini itu siapa apa bila di mana bagaimana kenapa dan dengan untuk nak mahu boleh bercakap cakap bahasa melayu awak encik puan cik ada tempah menempah meja temu janji sila sudah daripada hendak',
  },
  sentences: {
    disclosure: 'Helo, ini pembantu automatik yang bercakap bagi pihak {name}.',
    isRecorded: 'Panggilan ini dirakam.',
    stillThere: 'Adakah anda masih di talian?',
    silenceGoodbye: 'Saya tidak dapat mendengar anda, jadi saya akan menamatkan panggilan ini. Selamat tinggal.',
    timeUpGoodbye: 'Maaf, masa untuk panggilan ini telah tamat. Terima kasih dan selamat tinggal.',
    busy: 'Helo, ini panggilan automatik. Maaf, kami tidak dapat bercakap dengan anda pada masa ini. Terima kasih dan selamat tinggal.',
    trouble: 'Maaf, kami menghadapi masalah teknikal, jadi saya perlu menamatkan panggilan ini. Selamat tinggal.',
    welcome: 'Selamat datang. Anda akan bercakap dengan pembantu automatik.',
    pressAnyKey: 'Sila tekan mana-mana kekunci untuk bermula.',
    noKey: 'Tiada kekunci ditekan, jadi kami menamatkan panggilan ini. Selamat tinggal.',
    numberUnknown: 'Tiada sesiapa menjawab di nombor ini. Selamat tinggal.',
    allBusy: 'Maaf, semua talian sedang sibuk pada masa ini. Sila hubungi semula kemudian. Selamat tinggal.',
    notAvailable:
      'Maaf, panggilan anda tidak dapat dijawab pada masa ini. Sila hubungi semula kemudian. Selamat tinggal.',
  },
};
