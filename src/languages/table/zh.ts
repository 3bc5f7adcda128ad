import type { Language } from '../language';

export const zh: Language = {
  say: [
    { tag: 'zh-CN', voice: 'Polly.Zhiyu-Neural' },
    { tag: 'zh-HK', voice: 'Polly.Hiujin-Neural' },
    { tag: 'zh-TW', voice: 'Google.cmn-TW-Wavenet-A' },
  ],
  heardBy: { script: /\p{Script=Han}/gu, needs: 4 },
  sentences: {
    disclosure: '您好，我是代表{name}致电的自动语音助手。',
    isRecorded: '本次通话将被录音。',
    stillThere: '您还在吗？',
    silenceGoodbye: '我听不到您的声音，现在将结束通话。再见。',
    timeUpGoodbye: '很抱歉，本次通话时间已到。谢谢，再见。',
    busy: '您好，这是一通自动语音来电。很抱歉，我们暂时无法与您通话。谢谢，再见。',
    trouble: '很抱歉，我们遇到了技术问题，必须结束通话。再见。',
    welcome: '欢迎致电。接下来将由自动语音助手与您通话。',
    pressAnyKey: '请按任意键开始。',
    noKey: '您没有按键，现在将结束通话。再见。',
    numberUnknown: '此号码无人接听。再见。',
    allBusy: '很抱歉，目前所有线路都在忙。请稍后再拨。再见。',
    notAvailable: '很抱歉，目前无法接听您的来电。请稍后再拨。再见。',
  },
};
