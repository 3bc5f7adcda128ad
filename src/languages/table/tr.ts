import type { Language } from '../language';

export const tr: Language = {
  say: [{ tag: 'tr-TR', voice: 'Polly.Burcu-Neural' }],
  heardBy: {
    words:
      'alo merhaba iyi günler akşamlar günaydın evet hayır teşekkürler teşekkür ederim lütfen ben siz kim ne zaman nerede nasıl neden ve ile için bir istiyorum konuşmak konuşuyor türkçe var yok benim çok',
    letters: { of: /[ğış]/gu, worth: 1 },
  },
  sentences: {
    disclosure: 'Merhaba, ben {name} adına konuşan otomatik bir asistanım.',
    isRecorded: 'Bu görüşme kaydediliyor.',
    stillThere: 'Hâlâ orada mısınız?',
    silenceGoodbye: 'Sizi duyamıyorum, bu yüzden aramayı sonlandırıyorum. Hoşça kalın.',
    timeUpGoodbye: 'Üzgünüm, bu aramanın süresi doldu. Teşekkürler ve hoşça kalın.',
    busy: 'Merhaba, bu otomatik bir aramadır. Üzgünüz, şu anda sizinle konuşamıyoruz. Teşekkürler ve hoşça kalın.',
    trouble: 'Üzgünüm, teknik bir sorun yaşıyoruz, bu yüzden aramayı bitirmem gerekiyor. Hoşça kalın.',
    welcome: 'Hoş geldiniz. Birazdan otomatik bir asistanla konuşacaksınız.',
    pressAnyKey: 'Başlamak için lütfen herhangi bir tuşa basın.',
    noKey: 'Hiçbir tuşa basılmadı, bu yüzden aramayı sonlandırıyoruz. Hoşça kalın.',
    numberUnknown: 'Bu numarada kimse yanıt vermiyor. Hoşça kalın.',
    allBusy: 'Üzgünüz, şu anda tüm hatlar meşgul. Lütfen daha sonra tekrar arayın. Hoşça kalın.',
    notAvailable: 'Üzgünüz, aramanız şu anda yanıtlanamıyor. Lütfen daha sonra tekrar arayın. Hoşça kalın.',
  },
};
