import type { Language } from '../language';

export const vi: Language = {
  say: [{ tag: 'vi-VN', voice: 'Google.vi-VN-Wavenet-A' }],
  heardBy: {
    words:
      'alo xin chào dạ vâng không cảm ơn làm ơn tôi là ai gì khi nào ở đâu thế sao và với cho muốn có thể nói tiếng việt của rất tốt anh chị em ạ được đặt lịch bàn giúp đó đây',
    letters: { of: /[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/giu, worth: 0.6 },
  },
  sentences: {
    disclosure: 'Xin chào, đây là trợ lý tự động gọi thay mặt {name}.',
    isRecorded: 'Cuộc gọi này được ghi âm.',
    stillThere: 'Quý vị còn nghe máy không ạ?',
    silenceGoodbye: 'Tôi không nghe thấy quý vị nên xin kết thúc cuộc gọi. Xin chào.',
    timeUpGoodbye: 'Rất tiếc, đã hết thời gian của cuộc gọi này. Xin cảm ơn và xin chào.',
    busy: 'Xin chào, đây là cuộc gọi tự động. Rất tiếc, hiện chúng tôi không thể nói chuyện với quý vị. Xin cảm ơn và xin chào.',
    trouble: 'Rất tiếc, chúng tôi gặp sự cố kỹ thuật nên tôi phải kết thúc cuộc gọi. Xin chào.',
    welcome: 'Xin chào mừng. Quý vị sắp nói chuyện với một trợ lý tự động.',
    pressAnyKey: 'Vui lòng nhấn một phím bất kỳ để bắt đầu.',
    noKey: 'Không có phím nào được nhấn nên chúng tôi kết thúc cuộc gọi. Xin chào.',
    numberUnknown: 'Không có ai trả lời ở số này. Xin chào.',
    allBusy: 'Rất tiếc, hiện tất cả các đường dây đều bận. Vui lòng gọi lại sau. Xin chào.',
    notAvailable: 'Rất tiếc, hiện chúng tôi không thể nhận cuộc gọi của quý vị. Vui lòng gọi lại sau. Xin chào.',
  },
};
