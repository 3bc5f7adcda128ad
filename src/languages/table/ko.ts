import type { Language } from '../language';

export const ko: Language = {
  say: [{ tag: 'ko-KR', voice: 'Polly.Seoyeon-Neural' }],
  heardBy: { script: /\p{Script=Hangul}/gu },
  sentences: {
    disclosure: '안녕하세요, 저는 {name}을 대신하여 말씀드리는 자동 음성 도우미입니다.',
    isRecorded: '이 통화는 녹음됩니다.',
    stillThere: '아직 듣고 계신가요?',
    silenceGoodbye: '목소리가 들리지 않아 통화를 종료하겠습니다. 안녕히 계세요.',
    timeUpGoodbye: '죄송합니다. 통화 시간이 끝났습니다. 감사합니다. 안녕히 계세요.',
    busy: '안녕하세요, 자동 발신 전화입니다. 죄송하지만 지금은 통화할 수 없습니다. 감사합니다. 안녕히 계세요.',
    trouble: '죄송합니다. 기술적인 문제가 생겨 통화를 마쳐야 합니다. 안녕히 계세요.',
    welcome: '전화해 주셔서 감사합니다. 이제 자동 음성 도우미와 통화하시게 됩니다.',
    pressAnyKey: '시작하시려면 아무 버튼이나 눌러 주세요.',
    noKey: '버튼을 누르지 않으셔서 통화를 종료합니다. 안녕히 계세요.',
    numberUnknown: '이 번호에서는 응답하지 않습니다. 안녕히 계세요.',
    allBusy: '죄송합니다. 지금은 모든 회선이 통화 중입니다. 나중에 다시 전화해 주세요. 안녕히 계세요.',
    notAvailable: '죄송합니다. 지금은 전화를 받을 수 없습니다. 나중에 다시 전화해 주세요. 안녕히 계세요.',
  },
};
