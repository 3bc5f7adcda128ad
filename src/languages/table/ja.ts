import type { Language } from '../language';

export const ja: Language = {
  say: [{ tag: 'ja-JP', voice: 'Polly.Tomoko-Neural' }],
  heardBy: { script: /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, needs: 2 },
  sentences: {
    disclosure: 'お電話失礼いたします。{name}に代わってお話しする自動音声アシスタントです。',
    isRecorded: 'この通話は録音されています。',
    stillThere: 'まだお聞きになっていますか。',
    silenceGoodbye: 'お声が聞こえませんので、これで通話を終了いたします。失礼いたします。',
    timeUpGoodbye: '申し訳ございませんが、通話時間が終了しました。ありがとうございました。失礼いたします。',
    busy: 'お電話失礼いたします。こちらは自動音声のお電話です。申し訳ございませんが、ただいまお話しすることができません。ありがとうございました。失礼いたします。',
    trouble: '申し訳ございません。技術的な問題が発生したため、お電話を終了いたします。失礼いたします。',
    welcome: 'お電話ありがとうございます。これから自動音声アシスタントがお話しします。',
    pressAnyKey: '開始するには、いずれかのキーを押してください。',
    noKey: 'キーが押されませんでしたので、通話を終了いたします。失礼いたします。',
    numberUnknown: 'この番号にはおつなぎできません。失礼いたします。',
    allBusy: '申し訳ございません。ただいま回線が混み合っております。後ほどおかけ直しください。失礼いたします。',
    notAvailable: '申し訳ございません。ただいまお電話をお受けできません。後ほどおかけ直しください。失礼いたします。',
  },
};
