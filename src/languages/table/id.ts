import type { Language } from '../language';

export const id: Language = {
  say: [{ tag: 'id-ID', voice: 'Google.id-ID-Wavenet-A' }],
  heardBy: {
    words:
      'halo selamat pagi siang sore malam ya tidak terima kasih tolong saya adalah ini itu siapa apa kapan di mana bagaimana kenapa dan dengan untuk mau ingin bisa bicara berbicara bahasa indonesia anda bapak ibu ada pesan memesan meja janji silakan sudah nggak dari',
  },
  sentences: {
    disclosure: 'Halo, ini adalah asisten otomatis yang berbicara atas nama {name}.',
    isRecorded: 'Panggilan ini direkam.',
    stillThere: 'Apakah Anda masih di sana?',
    silenceGoodbye: 'Saya tidak dapat mendengar Anda, jadi panggilan ini saya akhiri. Sampai jumpa.',
    timeUpGoodbye: 'Maaf, waktu untuk panggilan ini sudah habis. Terima kasih dan sampai jumpa.',
    busy: 'Halo, ini adalah panggilan otomatis. Maaf, saat ini kami tidak dapat berbicara dengan Anda. Terima kasih dan sampai jumpa.',
    trouble: 'Maaf, kami mengalami gangguan teknis, jadi panggilan ini harus saya akhiri. Sampai jumpa.',
    welcome: 'Selamat datang. Anda akan berbicara dengan asisten otomatis.',
    pressAnyKey: 'Silakan tekan tombol apa saja untuk memulai.',
    noKey: 'Tidak ada tombol yang ditekan, jadi panggilan ini kami akhiri. Sampai jumpa.',
    numberUnknown: 'Tidak ada yang menjawab di nomor ini. Sampai jumpa.',
    allBusy: 'Maaf, semua saluran sedang sibuk saat ini. Silakan telepon lagi nanti. Sampai jumpa.',
    notAvailable: 'Maaf, panggilan Anda tidak dapat kami terima saat ini. Silakan telepon lagi nanti. Sampai jumpa.',
  },
};
