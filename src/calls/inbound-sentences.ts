import type { Spoken } from '../integrations/telephony/telephony';

/** What the carrier's own voice says to people who ring us. */
export const INBOUND_SENTENCES = [
  'welcome',
  'pressAnyKey',
  'noKey',
  'numberUnknown',
  'allBusy',
  'notAvailable',
] as const;
export type InboundSentence = (typeof INBOUND_SENTENCES)[number];

type Sentences = Readonly<Record<InboundSentence, string>>;

const ENGLISH: Sentences = {
  welcome: 'Welcome. You are about to talk to an automated assistant.',
  pressAnyKey: 'Please press any key to begin.',
  noKey: 'No key was pressed, so we end the call now. Goodbye.',
  numberUnknown: 'Nobody answers at this number. Goodbye.',
  allBusy: 'We are sorry, all lines are busy at the moment. Please call again later. Goodbye.',
  notAvailable: 'We are sorry, your call cannot be taken at the moment. Please call again later. Goodbye.',
};

const NORWEGIAN: Sentences = {
  welcome: 'Velkommen. Du skal nå snakke med en automatisk assistent.',
  pressAnyKey: 'Trykk på en hvilken som helst tast for å begynne.',
  noKey: 'Ingen tast ble trykket, så vi avslutter samtalen nå. Ha det bra.',
  numberUnknown: 'Ingen svarer på dette nummeret. Ha det bra.',
  allBusy: 'Beklager, alle linjer er opptatt for øyeblikket. Ring igjen senere. Ha det bra.',
  notAvailable: 'Beklager, vi kan ikke ta samtalen din akkurat nå. Ring igjen senere. Ha det bra.',
};

/** By the primary subtag; the same languages as all fixed sentences have (a spec compares). */
export const INBOUND: Readonly<Record<string, Sentences>> = {
  en: ENGLISH,
  es: {
    welcome: 'Bienvenido. Va a hablar con un asistente automático.',
    pressAnyKey: 'Pulse cualquier tecla para empezar.',
    noKey: 'No se ha pulsado ninguna tecla, así que terminamos la llamada. Adiós.',
    numberUnknown: 'Nadie responde en este número. Adiós.',
    allBusy: 'Lo sentimos, todas las líneas están ocupadas en este momento. Llame más tarde, por favor. Adiós.',
    notAvailable: 'Lo sentimos, ahora no podemos atender su llamada. Llame más tarde, por favor. Adiós.',
  },
  fr: {
    welcome: 'Bienvenue. Vous allez parler avec un assistant automatique.',
    pressAnyKey: "Appuyez sur n'importe quelle touche pour commencer.",
    noKey: "Aucune touche n'a été pressée, nous mettons donc fin à l'appel. Au revoir.",
    numberUnknown: 'Personne ne répond à ce numéro. Au revoir.',
    allBusy:
      'Nous sommes désolés, toutes les lignes sont occupées pour le moment. Veuillez rappeler plus tard. Au revoir.',
    notAvailable:
      'Nous sommes désolés, nous ne pouvons pas prendre votre appel pour le moment. Veuillez rappeler plus tard. Au revoir.',
  },
  de: {
    welcome: 'Willkommen. Sie sprechen gleich mit einem automatischen Assistenten.',
    pressAnyKey: 'Bitte drücken Sie eine beliebige Taste, um zu beginnen.',
    noKey: 'Es wurde keine Taste gedrückt, deshalb beenden wir das Gespräch. Auf Wiederhören.',
    numberUnknown: 'Unter dieser Nummer antwortet niemand. Auf Wiederhören.',
    allBusy:
      'Es tut uns leid, im Moment sind alle Leitungen belegt. Bitte rufen Sie später wieder an. Auf Wiederhören.',
    notAvailable:
      'Es tut uns leid, Ihr Anruf kann im Moment nicht angenommen werden. Bitte rufen Sie später wieder an. Auf Wiederhören.',
  },
  it: {
    welcome: 'Benvenuto. Sta per parlare con un assistente automatico.',
    pressAnyKey: 'Prema un tasto qualsiasi per iniziare.',
    noKey: 'Non è stato premuto alcun tasto, quindi terminiamo la chiamata. Arrivederci.',
    numberUnknown: 'A questo numero non risponde nessuno. Arrivederci.',
    allBusy: 'Ci dispiace, al momento tutte le linee sono occupate. La preghiamo di richiamare più tardi. Arrivederci.',
    notAvailable:
      'Ci dispiace, al momento non possiamo rispondere alla sua chiamata. La preghiamo di richiamare più tardi. Arrivederci.',
  },
  pt: {
    welcome: 'Bem-vindo. Vai falar com um assistente automático.',
    pressAnyKey: 'Prima qualquer tecla para começar.',
    noKey: 'Nenhuma tecla foi premida, por isso terminamos a chamada. Adeus.',
    numberUnknown: 'Ninguém atende neste número. Adeus.',
    allBusy: 'Lamentamos, todas as linhas estão ocupadas neste momento. Por favor, ligue mais tarde. Adeus.',
    notAvailable: 'Lamentamos, neste momento não podemos atender a sua chamada. Por favor, ligue mais tarde. Adeus.',
  },
  nl: {
    welcome: 'Welkom. U spreekt zo meteen met een automatische assistent.',
    pressAnyKey: 'Druk op een willekeurige toets om te beginnen.',
    noKey: 'Er is geen toets ingedrukt, dus we beëindigen het gesprek. Tot ziens.',
    numberUnknown: 'Op dit nummer neemt niemand op. Tot ziens.',
    allBusy: 'Het spijt ons, alle lijnen zijn op dit moment bezet. Belt u later nog eens terug. Tot ziens.',
    notAvailable:
      'Het spijt ons, we kunnen uw oproep op dit moment niet aannemen. Belt u later nog eens terug. Tot ziens.',
  },
  pl: {
    welcome: 'Witamy. Za chwilę porozmawia z Tobą automatyczny asystent.',
    pressAnyKey: 'Aby rozpocząć, naciśnij dowolny klawisz.',
    noKey: 'Nie naciśnięto żadnego klawisza, więc kończymy rozmowę. Do widzenia.',
    numberUnknown: 'Pod tym numerem nikt nie odbiera. Do widzenia.',
    allBusy: 'Przepraszamy, wszystkie linie są w tej chwili zajęte. Prosimy zadzwonić później. Do widzenia.',
    notAvailable: 'Przepraszamy, w tej chwili nie możemy odebrać połączenia. Prosimy zadzwonić później. Do widzenia.',
  },
  sv: {
    welcome: 'Välkommen. Du kommer nu att få prata med en automatisk assistent.',
    pressAnyKey: 'Tryck på valfri knapp för att börja.',
    noKey: 'Ingen knapp trycktes, så vi avslutar samtalet nu. Hej då.',
    numberUnknown: 'Ingen svarar på det här numret. Hej då.',
    allBusy: 'Tyvärr är alla linjer upptagna just nu. Ring gärna igen senare. Hej då.',
    notAvailable: 'Tyvärr kan vi inte ta emot ditt samtal just nu. Ring gärna igen senare. Hej då.',
  },
  da: {
    welcome: 'Velkommen. Du kommer nu til at tale med en automatisk assistent.',
    pressAnyKey: 'Tryk på en vilkårlig tast for at begynde.',
    noKey: 'Der blev ikke trykket på nogen tast, så vi afslutter opkaldet nu. Farvel.',
    numberUnknown: 'Ingen svarer på dette nummer. Farvel.',
    allBusy: 'Beklager, alle linjer er optaget i øjeblikket. Ring venligst igen senere. Farvel.',
    notAvailable: 'Beklager, vi kan ikke tage dit opkald lige nu. Ring venligst igen senere. Farvel.',
  },
  nb: NORWEGIAN,
  nn: NORWEGIAN,
  no: NORWEGIAN,
  fi: {
    welcome: 'Tervetuloa. Puhut kohta automaattisen avustajan kanssa.',
    pressAnyKey: 'Aloita painamalla mitä tahansa näppäintä.',
    noKey: 'Mitään näppäintä ei painettu, joten lopetamme puhelun. Näkemiin.',
    numberUnknown: 'Tästä numerosta ei vastata. Näkemiin.',
    allBusy: 'Valitettavasti kaikki linjat ovat juuri nyt varattuja. Soita myöhemmin uudelleen. Näkemiin.',
    notAvailable: 'Valitettavasti emme voi nyt vastata puheluusi. Soita myöhemmin uudelleen. Näkemiin.',
  },
  cs: {
    welcome: 'Vítejte. Za okamžik budete mluvit s automatickým asistentem.',
    pressAnyKey: 'Začněte stisknutím libovolné klávesy.',
    noKey: 'Nebyla stisknuta žádná klávesa, proto hovor ukončíme. Na shledanou.',
    numberUnknown: 'Na tomto čísle nikdo neodpovídá. Na shledanou.',
    allBusy: 'Omlouváme se, všechny linky jsou nyní obsazené. Zavolejte prosím později. Na shledanou.',
    notAvailable: 'Omlouváme se, váš hovor teď nemůžeme přijmout. Zavolejte prosím později. Na shledanou.',
  },
  ro: {
    welcome: 'Bine ați venit. Veți vorbi cu un asistent automat.',
    pressAnyKey: 'Apăsați orice tastă pentru a începe.',
    noKey: 'Nu a fost apăsată nicio tastă, așa că încheiem apelul. La revedere.',
    numberUnknown: 'La acest număr nu răspunde nimeni. La revedere.',
    allBusy: 'Ne pare rău, toate liniile sunt ocupate în acest moment. Vă rugăm să reveniți mai târziu. La revedere.',
    notAvailable:
      'Ne pare rău, apelul dumneavoastră nu poate fi preluat acum. Vă rugăm să reveniți mai târziu. La revedere.',
  },
  el: {
    welcome: 'Καλώς ήρθατε. Θα μιλήσετε με έναν αυτόματο βοηθό.',
    pressAnyKey: 'Πατήστε οποιοδήποτε πλήκτρο για να ξεκινήσετε.',
    noKey: 'Δεν πατήθηκε κανένα πλήκτρο, γι’ αυτό τερματίζουμε την κλήση. Αντίο.',
    numberUnknown: 'Κανείς δεν απαντά σε αυτόν τον αριθμό. Αντίο.',
    allBusy: 'Λυπούμαστε, όλες οι γραμμές είναι κατειλημμένες αυτή τη στιγμή. Παρακαλώ καλέστε αργότερα. Αντίο.',
    notAvailable: 'Λυπούμαστε, δεν μπορούμε να δεχτούμε την κλήση σας τώρα. Παρακαλώ καλέστε αργότερα. Αντίο.',
  },
  tr: {
    welcome: 'Hoş geldiniz. Birazdan otomatik bir asistanla konuşacaksınız.',
    pressAnyKey: 'Başlamak için lütfen herhangi bir tuşa basın.',
    noKey: 'Hiçbir tuşa basılmadı, bu yüzden aramayı sonlandırıyoruz. Hoşça kalın.',
    numberUnknown: 'Bu numarada kimse yanıt vermiyor. Hoşça kalın.',
    allBusy: 'Üzgünüz, şu anda tüm hatlar meşgul. Lütfen daha sonra tekrar arayın. Hoşça kalın.',
    notAvailable: 'Üzgünüz, aramanız şu anda yanıtlanamıyor. Lütfen daha sonra tekrar arayın. Hoşça kalın.',
  },
  uk: {
    welcome: 'Ласкаво просимо. Зараз ви говоритимете з автоматичним асистентом.',
    pressAnyKey: 'Щоб почати, натисніть будь-яку клавішу.',
    noKey: 'Жодної клавіші не натиснуто, тому ми завершуємо дзвінок. До побачення.',
    numberUnknown: 'За цим номером ніхто не відповідає. До побачення.',
    allBusy: 'Перепрошуємо, усі лінії зараз зайняті. Будь ласка, зателефонуйте пізніше. До побачення.',
    notAvailable:
      'Перепрошуємо, зараз ми не можемо прийняти ваш дзвінок. Будь ласка, зателефонуйте пізніше. До побачення.',
  },
  ru: {
    welcome: 'Добро пожаловать. Сейчас вы будете говорить с автоматическим ассистентом.',
    pressAnyKey: 'Чтобы начать, нажмите любую клавишу.',
    noKey: 'Ни одна клавиша не нажата, поэтому мы завершаем звонок. До свидания.',
    numberUnknown: 'По этому номеру никто не отвечает. До свидания.',
    allBusy: 'К сожалению, все линии сейчас заняты. Пожалуйста, перезвоните позже. До свидания.',
    notAvailable: 'К сожалению, сейчас мы не можем принять ваш звонок. Пожалуйста, перезвоните позже. До свидания.',
  },
  ar: {
    welcome: 'مرحبا بكم. ستتحدثون الآن مع مساعد آلي.',
    pressAnyKey: 'يرجى الضغط على أي مفتاح للبدء.',
    noKey: 'لم يتم الضغط على أي مفتاح، لذلك سننهي المكالمة الآن. مع السلامة.',
    numberUnknown: 'لا أحد يجيب على هذا الرقم. مع السلامة.',
    allBusy: 'نأسف، جميع الخطوط مشغولة في الوقت الحالي. يرجى الاتصال لاحقا. مع السلامة.',
    notAvailable: 'نأسف، لا يمكننا استقبال مكالمتكم الآن. يرجى الاتصال لاحقا. مع السلامة.',
  },
  hi: {
    welcome: 'स्वागत है। अब आप एक स्वचालित सहायक से बात करेंगे।',
    pressAnyKey: 'शुरू करने के लिए कृपया कोई भी बटन दबाएँ।',
    noKey: 'कोई बटन नहीं दबाया गया, इसलिए हम कॉल समाप्त कर रहे हैं। नमस्ते।',
    numberUnknown: 'इस नंबर पर कोई उत्तर नहीं देता। नमस्ते।',
    allBusy: 'क्षमा करें, इस समय सभी लाइनें व्यस्त हैं। कृपया बाद में फिर कॉल करें। नमस्ते।',
    notAvailable: 'क्षमा करें, अभी आपकी कॉल नहीं ली जा सकती। कृपया बाद में फिर कॉल करें। नमस्ते।',
  },
  zh: {
    welcome: '欢迎致电。接下来将由自动语音助手与您通话。',
    pressAnyKey: '请按任意键开始。',
    noKey: '您没有按键，现在将结束通话。再见。',
    numberUnknown: '此号码无人接听。再见。',
    allBusy: '很抱歉，目前所有线路都在忙。请稍后再拨。再见。',
    notAvailable: '很抱歉，目前无法接听您的来电。请稍后再拨。再见。',
  },
  ja: {
    welcome: 'お電話ありがとうございます。これから自動音声アシスタントがお話しします。',
    pressAnyKey: '開始するには、いずれかのキーを押してください。',
    noKey: 'キーが押されませんでしたので、通話を終了いたします。失礼いたします。',
    numberUnknown: 'この番号にはおつなぎできません。失礼いたします。',
    allBusy: '申し訳ございません。ただいま回線が混み合っております。後ほどおかけ直しください。失礼いたします。',
    notAvailable: '申し訳ございません。ただいまお電話をお受けできません。後ほどおかけ直しください。失礼いたします。',
  },
  ko: {
    welcome: '전화해 주셔서 감사합니다. 이제 자동 음성 도우미와 통화하시게 됩니다.',
    pressAnyKey: '시작하시려면 아무 버튼이나 눌러 주세요.',
    noKey: '버튼을 누르지 않으셔서 통화를 종료합니다. 안녕히 계세요.',
    numberUnknown: '이 번호에서는 응답하지 않습니다. 안녕히 계세요.',
    allBusy: '죄송합니다. 지금은 모든 회선이 통화 중입니다. 나중에 다시 전화해 주세요. 안녕히 계세요.',
    notAvailable: '죄송합니다. 지금은 전화를 받을 수 없습니다. 나중에 다시 전화해 주세요. 안녕히 계세요.',
  },
};

/** In the language of a BCP 47 tag; English where we have none of that language. */
export function inboundSentence(languageTag: string, sentence: InboundSentence): Spoken {
  const sentences = INBOUND[new Intl.Locale(languageTag).language];
  if (sentences === undefined) return { sentence: ENGLISH[sentence], language: 'en-US' };
  return { sentence: sentences[sentence], language: languageTag };
}
