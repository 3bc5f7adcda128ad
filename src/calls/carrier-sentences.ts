/** What the carrier's own voice says where ours cannot. */
export interface CarrierSentence {
  sentence: string;
  /** BCP 47; the language to read it in. */
  language: string;
}

const BUSY_EN =
  'Hello, this is an automated call. We are sorry, we cannot talk to you at the moment. Thank you and goodbye.';
const BUSY_NB =
  'Hei, dette er en automatisk oppringning. Vi kan dessverre ikke snakke med deg akkurat nå. Takk og ha det bra.';

/** To somebody who picked up a call that we cannot carry: that a machine called, that it will not talk now, and goodbye. */
export const BUSY: Readonly<Record<string, string>> = {
  en: BUSY_EN,
  es: 'Hola, esta es una llamada automática. Lo sentimos, en este momento no podemos atenderle. Gracias y adiós.',
  fr: 'Bonjour, ceci est un appel automatique. Nous sommes désolés, nous ne pouvons pas vous parler pour le moment. Merci et au revoir.',
  de: 'Guten Tag, dies ist ein automatischer Anruf. Leider können wir im Moment nicht mit Ihnen sprechen. Vielen Dank und auf Wiederhören.',
  it: 'Buongiorno, questa è una chiamata automatica. Ci dispiace, al momento non possiamo parlare con lei. Grazie e arrivederci.',
  pt: 'Olá, esta é uma chamada automática. Lamentamos, mas neste momento não podemos falar consigo. Obrigado e adeus.',
  nl: 'Goedendag, dit is een automatische oproep. Helaas kunnen we u op dit moment niet te woord staan. Bedankt en tot ziens.',
  pl: 'Dzień dobry, to jest połączenie automatyczne. Przepraszamy, w tej chwili nie możemy rozmawiać. Dziękujemy i do widzenia.',
  sv: 'Hej, det här är ett automatiskt samtal. Vi kan tyvärr inte prata med dig just nu. Tack och hej då.',
  da: 'Goddag, dette er et automatisk opkald. Vi kan desværre ikke tale med dig lige nu. Tak og farvel.',
  nb: BUSY_NB,
  nn: BUSY_NB,
  no: BUSY_NB,
  fi: 'Hei, tämä on automaattinen puhelu. Valitettavasti emme voi nyt puhua kanssasi. Kiitos ja näkemiin.',
  cs: 'Dobrý den, toto je automatický hovor. Omlouváme se, v tuto chvíli s vámi nemůžeme mluvit. Děkujeme a na shledanou.',
  ro: 'Bună ziua, acesta este un apel automat. Ne pare rău, momentan nu putem vorbi cu dumneavoastră. Mulțumim și la revedere.',
  el: 'Γεια σας, αυτή είναι μια αυτόματη κλήση. Λυπούμαστε, αυτή τη στιγμή δεν μπορούμε να σας μιλήσουμε. Ευχαριστούμε και αντίο.',
  tr: 'Merhaba, bu otomatik bir aramadır. Üzgünüz, şu anda sizinle konuşamıyoruz. Teşekkürler ve hoşça kalın.',
  uk: 'Добрий день, це автоматичний дзвінок. На жаль, зараз ми не можемо з вами поговорити. Дякуємо і до побачення.',
  ru: 'Здравствуйте, это автоматический звонок. К сожалению, сейчас мы не можем с вами поговорить. Спасибо и до свидания.',
  ar: 'مرحبا، هذه مكالمة آلية. نأسف، لا يمكننا التحدث معك في الوقت الحالي. شكرا ومع السلامة.',
  hi: 'नमस्ते, यह एक स्वचालित कॉल है। क्षमा करें, हम अभी आपसे बात नहीं कर सकते। धन्यवाद और नमस्ते।',
  zh: '您好，这是一通自动语音来电。很抱歉，我们暂时无法与您通话。谢谢，再见。',
  ja: 'お電話失礼いたします。こちらは自動音声のお電話です。申し訳ございませんが、ただいまお話しすることができません。ありがとうございました。失礼いたします。',
  ko: '안녕하세요, 자동 발신 전화입니다. 죄송하지만 지금은 통화할 수 없습니다. 감사합니다. 안녕히 계세요.',
};

const TROUBLE_NB = 'Beklager, vi har et teknisk problem, så jeg må avslutte samtalen. Ha det bra.';
const TROUBLE_EN = 'I am sorry, we have a technical problem, so I have to end the call. Goodbye.';

/** In the middle of a call that cannot go on. */
export const TROUBLE: Readonly<Record<string, string>> = {
  en: TROUBLE_EN,
  es: 'Lo siento, tenemos un problema técnico y debo terminar la llamada. Adiós.',
  fr: "Je suis désolé, nous avons un problème technique et je dois mettre fin à l'appel. Au revoir.",
  de: 'Es tut mir leid, wir haben ein technisches Problem, deshalb muss ich das Gespräch beenden. Auf Wiederhören.',
  it: 'Mi dispiace, abbiamo un problema tecnico e devo terminare la chiamata. Arrivederci.',
  pt: 'Lamento, temos um problema técnico e tenho de terminar a chamada. Adeus.',
  nl: 'Het spijt me, we hebben een technisch probleem, dus ik moet het gesprek beëindigen. Tot ziens.',
  pl: 'Przepraszam, mamy problem techniczny i muszę zakończyć rozmowę. Do widzenia.',
  sv: 'Tyvärr har vi ett tekniskt problem, så jag måste avsluta samtalet. Hej då.',
  da: 'Beklager, vi har et teknisk problem, så jeg er nødt til at afslutte samtalen. Farvel.',
  nb: TROUBLE_NB,
  nn: TROUBLE_NB,
  no: TROUBLE_NB,
  fi: 'Valitettavasti meillä on tekninen ongelma, joten minun on lopetettava puhelu. Näkemiin.',
  cs: 'Omlouvám se, máme technický problém, a proto musím hovor ukončit. Na shledanou.',
  ro: 'Îmi pare rău, avem o problemă tehnică și trebuie să închei apelul. La revedere.',
  el: 'Λυπάμαι, έχουμε ένα τεχνικό πρόβλημα και πρέπει να τερματίσω την κλήση. Αντίο.',
  tr: 'Üzgünüm, teknik bir sorun yaşıyoruz, bu yüzden aramayı bitirmem gerekiyor. Hoşça kalın.',
  uk: 'Перепрошую, у нас технічна проблема, тому мушу завершити дзвінок. До побачення.',
  ru: 'Извините, у нас техническая неполадка, поэтому мне придётся завершить звонок. До свидания.',
  ar: 'عذرًا، لدينا مشكلة تقنية، لذلك عليّ إنهاء المكالمة. إلى اللقاء.',
  hi: 'क्षमा करें, हमें तकनीकी समस्या हो रही है, इसलिए मुझे कॉल समाप्त करनी होगी। नमस्ते।',
  zh: '很抱歉，我们遇到了技术问题，必须结束通话。再见。',
  ja: '申し訳ございません。技術的な問題が発生したため、お電話を終了いたします。失礼いたします。',
  ko: '죄송합니다. 기술적인 문제가 생겨 통화를 마쳐야 합니다. 안녕히 계세요.',
};

/** The call was picked up, and there is no room for it. */
export const busySentence = (languageTag: string): CarrierSentence => sentenceIn(languageTag, BUSY, BUSY_EN);

/** The call cannot go on. */
export const troubleSentence = (languageTag: string): CarrierSentence => sentenceIn(languageTag, TROUBLE, TROUBLE_EN);

/** In the language of a BCP 47 tag; English where we have none of that language. */
function sentenceIn(tag: string, sentences: Readonly<Record<string, string>>, english: string): CarrierSentence {
  const sentence = sentences[new Intl.Locale(tag).language];
  return sentence === undefined ? { sentence: english, language: 'en-US' } : { sentence, language: tag };
}
