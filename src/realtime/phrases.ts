import { troubleSentence } from '../calls/carrier-sentences';

/**
 * The fixed sentences of a call, in the scenario's language. They are told to the model word for word; what the callee
 * must hear (that a machine is speaking, and for whom) is not left to a prompt.
 */
export interface Phrases {
  /** {name} is the person or company the agent speaks for. */
  disclosure: string;
  /** Said after it where recordings are announced. */
  isRecorded: string;
  stillThere: string;
  silenceGoodbye: string;
  timeUpGoodbye: string;
  /** Said by the carrier's own voice, because the model cannot. */
  troubleGoodbye: string;
}

export const PHRASES: Record<string, Omit<Phrases, 'troubleGoodbye'>> = {
  en: {
    disclosure: 'Hello, this is an automated assistant speaking on behalf of {name}.',
    isRecorded: 'This call is recorded.',
    stillThere: 'Are you still there?',
    silenceGoodbye: 'I cannot hear you, so I will end the call now. Goodbye.',
    timeUpGoodbye: 'I am sorry, our time for this call is up. Thank you and goodbye.',
  },
  es: {
    disclosure: 'Hola, le habla un asistente automático en nombre de {name}.',
    isRecorded: 'Esta llamada se graba.',
    stillThere: '¿Sigue usted ahí?',
    silenceGoodbye: 'No le oigo, así que voy a terminar la llamada. Adiós.',
    timeUpGoodbye: 'Lo siento, se ha acabado el tiempo de esta llamada. Gracias y adiós.',
  },
  fr: {
    disclosure: 'Bonjour, ici un assistant automatique qui parle au nom de {name}.',
    isRecorded: 'Cet appel est enregistré.',
    stillThere: 'Êtes-vous toujours là ?',
    silenceGoodbye: "Je ne vous entends pas, je vais donc mettre fin à l'appel. Au revoir.",
    timeUpGoodbye: 'Je suis désolé, le temps prévu pour cet appel est écoulé. Merci et au revoir.',
  },
  de: {
    disclosure: 'Guten Tag, hier spricht ein automatischer Assistent im Auftrag von {name}.',
    isRecorded: 'Dieses Gespräch wird aufgezeichnet.',
    stillThere: 'Sind Sie noch da?',
    silenceGoodbye: 'Ich kann Sie nicht hören und beende deshalb jetzt das Gespräch. Auf Wiederhören.',
    timeUpGoodbye: 'Es tut mir leid, die Zeit für dieses Gespräch ist um. Vielen Dank und auf Wiederhören.',
  },
  it: {
    disclosure: 'Buongiorno, sono un assistente automatico e parlo per conto di {name}.',
    isRecorded: 'Questa chiamata viene registrata.',
    stillThere: 'È ancora in linea?',
    silenceGoodbye: 'Non la sento, quindi termino la chiamata. Arrivederci.',
    timeUpGoodbye: 'Mi dispiace, il tempo per questa chiamata è terminato. Grazie e arrivederci.',
  },
  pt: {
    disclosure: 'Olá, fala um assistente automático em nome de {name}.',
    isRecorded: 'Esta chamada é gravada.',
    stillThere: 'Ainda está aí?',
    silenceGoodbye: 'Não consigo ouvir, por isso vou terminar a chamada. Adeus.',
    timeUpGoodbye: 'Lamento, o tempo desta chamada terminou. Obrigado e adeus.',
  },
  nl: {
    disclosure: 'Goedendag, u spreekt met een automatische assistent namens {name}.',
    isRecorded: 'Dit gesprek wordt opgenomen.',
    stillThere: 'Bent u er nog?',
    silenceGoodbye: 'Ik hoor u niet en beëindig daarom het gesprek. Tot ziens.',
    timeUpGoodbye: 'Het spijt me, de tijd voor dit gesprek is om. Bedankt en tot ziens.',
  },
  pl: {
    disclosure: 'Dzień dobry, mówi automatyczny asystent w imieniu {name}.',
    isRecorded: 'Ta rozmowa jest nagrywana.',
    stillThere: 'Czy nadal tam jesteś?',
    silenceGoodbye: 'Nie słyszę odpowiedzi, więc kończę rozmowę. Do widzenia.',
    timeUpGoodbye: 'Przepraszam, czas tej rozmowy się skończył. Dziękuję i do widzenia.',
  },
  sv: {
    disclosure: 'Hej, det här är en automatisk assistent som ringer för {name}.',
    isRecorded: 'Det här samtalet spelas in.',
    stillThere: 'Är du kvar?',
    silenceGoodbye: 'Jag hör dig inte, så jag avslutar samtalet nu. Hej då.',
    timeUpGoodbye: 'Tyvärr är tiden för samtalet slut. Tack och hej då.',
  },
  da: {
    disclosure: 'Goddag, du taler med en automatisk assistent på vegne af {name}.',
    isRecorded: 'Denne samtale optages.',
    stillThere: 'Er du der stadig?',
    silenceGoodbye: 'Jeg kan ikke høre dig, så jeg afslutter opkaldet nu. Farvel.',
    timeUpGoodbye: 'Beklager, tiden for dette opkald er gået. Tak og farvel.',
  },
  nb: {
    disclosure: 'Hei, dette er en automatisk assistent som snakker på vegne av {name}.',
    isRecorded: 'Denne samtalen blir tatt opp.',
    stillThere: 'Er du der fortsatt?',
    silenceGoodbye: 'Jeg hører deg ikke, så jeg avslutter samtalen nå. Ha det bra.',
    timeUpGoodbye: 'Beklager, tiden for denne samtalen er ute. Takk og ha det bra.',
  },
  fi: {
    disclosure: 'Hei, tässä puhuu automaattinen avustaja, joka soittaa seuraavan puolesta: {name}.',
    isRecorded: 'Tämä puhelu nauhoitetaan.',
    stillThere: 'Oletko vielä siellä?',
    silenceGoodbye: 'En kuule sinua, joten lopetan puhelun nyt. Näkemiin.',
    timeUpGoodbye: 'Valitettavasti tämän puhelun aika on päättynyt. Kiitos ja näkemiin.',
  },
  cs: {
    disclosure: 'Dobrý den, mluví automatický asistent jménem {name}.',
    isRecorded: 'Tento hovor je nahráván.',
    stillThere: 'Jste tam ještě?',
    silenceGoodbye: 'Neslyším vás, proto hovor ukončím. Na shledanou.',
    timeUpGoodbye: 'Omlouvám se, čas tohoto hovoru vypršel. Děkuji a na shledanou.',
  },
  ro: {
    disclosure: 'Bună ziua, vorbește un asistent automat în numele {name}.',
    isRecorded: 'Acest apel este înregistrat.',
    stillThere: 'Mai sunteți acolo?',
    silenceGoodbye: 'Nu vă aud, așa că voi încheia apelul. La revedere.',
    timeUpGoodbye: 'Îmi pare rău, timpul pentru acest apel s-a terminat. Mulțumesc și la revedere.',
  },
  el: {
    disclosure: 'Γεια σας, μιλάει ένας αυτόματος βοηθός εκ μέρους: {name}.',
    isRecorded: 'Αυτή η κλήση ηχογραφείται.',
    stillThere: 'Είστε ακόμα εκεί;',
    silenceGoodbye: 'Δεν σας ακούω, γι’ αυτό θα τερματίσω την κλήση. Αντίο.',
    timeUpGoodbye: 'Λυπάμαι, ο χρόνος αυτής της κλήσης τελείωσε. Ευχαριστώ και αντίο.',
  },
  tr: {
    disclosure: 'Merhaba, ben {name} adına konuşan otomatik bir asistanım.',
    isRecorded: 'Bu görüşme kaydediliyor.',
    stillThere: 'Hâlâ orada mısınız?',
    silenceGoodbye: 'Sizi duyamıyorum, bu yüzden aramayı sonlandırıyorum. Hoşça kalın.',
    timeUpGoodbye: 'Üzgünüm, bu aramanın süresi doldu. Teşekkürler ve hoşça kalın.',
  },
  uk: {
    disclosure: 'Добрий день, це автоматичний асистент, який телефонує від імені {name}.',
    isRecorded: 'Цей дзвінок записується.',
    stillThere: 'Ви ще на лінії?',
    silenceGoodbye: 'Я вас не чую, тому завершую дзвінок. До побачення.',
    timeUpGoodbye: 'Перепрошую, час цього дзвінка вичерпано. Дякую і до побачення.',
  },
  ru: {
    disclosure: 'Здравствуйте, с вами говорит автоматический ассистент от имени {name}.',
    isRecorded: 'Этот разговор записывается.',
    stillThere: 'Вы ещё на линии?',
    silenceGoodbye: 'Я вас не слышу, поэтому завершаю звонок. До свидания.',
    timeUpGoodbye: 'К сожалению, время этого звонка истекло. Спасибо и до свидания.',
  },
  ar: {
    disclosure: 'مرحبا، معك مساعد آلي يتحدث نيابة عن {name}.',
    isRecorded: 'يتم تسجيل هذه المكالمة.',
    stillThere: 'هل ما زلت معي؟',
    silenceGoodbye: 'لا أستطيع سماعك، لذلك سأنهي المكالمة الآن. مع السلامة.',
    timeUpGoodbye: 'عذرا، انتهى وقت هذه المكالمة. شكرا ومع السلامة.',
  },
  hi: {
    disclosure: 'नमस्ते, मैं {name} की ओर से बोलने वाला एक स्वचालित सहायक हूँ।',
    isRecorded: 'यह कॉल रिकॉर्ड की जा रही है।',
    stillThere: 'क्या आप अभी भी लाइन पर हैं?',
    silenceGoodbye: 'मुझे आपकी आवाज़ नहीं आ रही है, इसलिए मैं कॉल समाप्त कर रहा हूँ। नमस्ते।',
    timeUpGoodbye: 'क्षमा करें, इस कॉल का समय समाप्त हो गया है। धन्यवाद और नमस्ते।',
  },
  zh: {
    disclosure: '您好，我是代表{name}致电的自动语音助手。',
    isRecorded: '本次通话将被录音。',
    stillThere: '您还在吗？',
    silenceGoodbye: '我听不到您的声音，现在将结束通话。再见。',
    timeUpGoodbye: '很抱歉，本次通话时间已到。谢谢，再见。',
  },
  ja: {
    disclosure: 'お電話失礼いたします。{name}に代わってお話しする自動音声アシスタントです。',
    isRecorded: 'この通話は録音されています。',
    stillThere: 'まだお聞きになっていますか。',
    silenceGoodbye: 'お声が聞こえませんので、これで通話を終了いたします。失礼いたします。',
    timeUpGoodbye: '申し訳ございませんが、通話時間が終了しました。ありがとうございました。失礼いたします。',
  },
  ko: {
    disclosure: '안녕하세요, 저는 {name}을 대신하여 말씀드리는 자동 음성 도우미입니다.',
    isRecorded: '이 통화는 녹음됩니다.',
    stillThere: '아직 듣고 계신가요?',
    silenceGoodbye: '목소리가 들리지 않아 통화를 종료하겠습니다. 안녕히 계세요.',
    timeUpGoodbye: '죄송합니다. 통화 시간이 끝났습니다. 감사합니다. 안녕히 계세요.',
  },
};

/** The primary subtag of a BCP 47 tag, in lower case: `en` of `en-US`. Norwegian is one language here. */
export function primaryLanguage(tag: string): string {
  const primary = tag.split('-')[0]?.toLowerCase() ?? 'en';
  return primary === 'no' || primary === 'nn' ? 'nb' : primary;
}

/** The sentences of a language; English where we have none of it. `name` loses the quotes that would end the quotation. */
export function phrasesFor(languageTag: string, name: string): Phrases {
  const phrases = PHRASES[primaryLanguage(languageTag)] ?? (PHRASES['en'] as Omit<Phrases, 'troubleGoodbye'>);
  return {
    ...phrases,
    disclosure: phrases.disclosure.replace('{name}', name.replace(/["“”\s]+/g, ' ').trim()),
    troubleGoodbye: troubleSentence(languageTag).sentence,
  };
}

/** ISO 639-1 codes that OpenAI's transcribers know; any other makes them refuse the whole session configuration. */
const TRANSCRIBED = new Set(
  'af ar az be bg bs ca cs cy da de el en es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk mr ms ne nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh'.split(
    ' ',
  ),
);

/** The language to tell the transcriber; undefined where it has to find out by itself. */
export function transcriberLanguage(tag: string): string | undefined {
  const primary = primaryLanguage(tag);
  const code = primary === 'nb' ? 'no' : primary;
  return TRANSCRIBED.has(code) ? code : undefined;
}
