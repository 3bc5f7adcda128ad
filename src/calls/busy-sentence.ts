/**
 * What the carrier's own voice says to somebody who picked up a call that we cannot carry: that a machine called, that it
 * will not talk now, and goodbye.
 */
const ENGLISH =
  'Hello, this is an automated call. We are sorry, we cannot talk to you at the moment. Thank you and goodbye.';
const NORWEGIAN =
  'Hei, dette er en automatisk oppringning. Vi kan dessverre ikke snakke med deg akkurat nå. Takk og ha det bra.';

const SENTENCES: Readonly<Record<string, string>> = {
  en: ENGLISH,
  es: 'Hola, esta es una llamada automática. Lo sentimos, en este momento no podemos atenderle. Gracias y adiós.',
  fr: 'Bonjour, ceci est un appel automatique. Nous sommes désolés, nous ne pouvons pas vous parler pour le moment. Merci et au revoir.',
  de: 'Guten Tag, dies ist ein automatischer Anruf. Leider können wir im Moment nicht mit Ihnen sprechen. Vielen Dank und auf Wiederhören.',
  it: 'Buongiorno, questa è una chiamata automatica. Ci dispiace, al momento non possiamo parlare con lei. Grazie e arrivederci.',
  pt: 'Olá, esta é uma chamada automática. Lamentamos, mas neste momento não podemos falar consigo. Obrigado e adeus.',
  nl: 'Goedendag, dit is een automatische oproep. Helaas kunnen we u op dit moment niet te woord staan. Bedankt en tot ziens.',
  pl: 'Dzień dobry, to jest połączenie automatyczne. Przepraszamy, w tej chwili nie możemy rozmawiać. Dziękujemy i do widzenia.',
  sv: 'Hej, det här är ett automatiskt samtal. Vi kan tyvärr inte prata med dig just nu. Tack och hej då.',
  da: 'Goddag, dette er et automatisk opkald. Vi kan desværre ikke tale med dig lige nu. Tak og farvel.',
  nb: NORWEGIAN,
  nn: NORWEGIAN,
  no: NORWEGIAN,
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

/** The sentence in the language of a BCP 47 tag, and the tag to read it by: English where we have none of that language. */
export function busySentence(languageTag: string): { sentence: string; language: string } {
  const sentence = SENTENCES[new Intl.Locale(languageTag).language];
  return sentence === undefined ? { sentence: ENGLISH, language: 'en-US' } : { sentence, language: languageTag };
}
