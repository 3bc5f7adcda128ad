import type { VoicemailPhrase } from '../media/voicemail-watch';
import { primaryLanguage } from '../languages/languages';

/**
 * What answering machines and carriers' announcements say, by language: patterns over folded words (see {@link foldWords}).
 * `…` stands for up to seven words between (twelve characters in scripts without spaces), `~` for any ending of a word;
 * else they are regular expressions of letters, groups and choices.
 */
interface Greetings {
  /** No person says this to a caller. */
  strong: readonly string[];
  /** A person may say this too. */
  weak: readonly string[];
  /** A mailbox that takes no message. */
  full: readonly string[];
}

const GREETINGS: Readonly<Record<string, Greetings>> = {
  en: {
    strong: [
      '(after|at|following|until) the (tone|beep|signal)',
      'reach(ed|ing) … (voice ?mail|mailbox|answering machine|answerphone)',
      '(voice ?mail|mailbox|answering machine|answerphone) (of|for|box|service|system)',
      'forwarded to (a|an|the) … (voice|automated|automatic|messag~)',
      'please leave (a|me a|us a|your) … (message|name|number|details)',
      'leave (me|us) (a|your) … (message|name|number|details)',
      'record your … message',
      '(person|customer|subscriber|party|number) (youre|you are|youve|you have|you) (calling|called|diall?ed|reached|trying to reach) … (not available|unavailable|not in service|disconnected)',
    ],
    weak: [
      'leave a … message',
      '(cant|cannot|can not|unable to) (take|answer|get to|come to|pick up|be reached) … (call|phone)',
      '(not|isnt|arent) available',
      'unavailable',
      '(call|ring|get back to|return your call) … as soon as',
      'missed your call',
      'away from (my|the) (phone|desk)',
    ],
    full: [
      '(mailbox|voice ?mail|voice ?mail box|memory) is … full',
      '(mailbox|voice ?mail|voice ?mail box) … (not|hasnt|never) been … set ?up',
      '(not|cannot|cant) accept … messages',
    ],
  },
  es: {
    strong: [
      '(despues|luego|tras|al) … (tono|senal|pitido|bip)',
      'buzon (de voz|de mensajes|de)',
      'contestador (automatico|de)',
      '(deje|deja|dejen|dejenos|dejame|dejeme|grabe|graba) (su|tu|un) … mensaje',
      '(persona|numero|abonado|cliente) (a la )?(al )?que … no (se encuentra|esta) disponible',
    ],
    weak: [
      'dejar (un|su) … mensaje',
      'no (puedo|podemos|puede) … (atender~|contestar~|responder~)',
      'no (estoy|estamos|esta|se encuentra) … disponible~',
      'te llamar~ … (en cuanto|lo antes posible)',
    ],
    full: ['buzon … llen[oa]', 'no (acepta|admite|puede recibir) mas mensajes'],
  },
  fr: {
    strong: [
      'apres le (bip|signal|ton|top)~',
      '(messagerie|boite) vocale',
      '(messagerie|repondeur) (de|du|telephonique)',
      '(laissez|laisse) (moi |nous )?(un|votre|ton) … message',
      '(correspondant|personne) que … (pas disponible|indisponible|injoignable|pas joignable)',
    ],
    weak: [
      'laisser (un|votre) message',
      '(pas|indisponible) (disponible|pour le moment)',
      'ne (peux|pouvons|peut) pas … repondre',
      'rappeller~ (des que|au plus vite)',
    ],
    full: ['(messagerie|boite vocale|repondeur) … pleine?', 'ne (peut|accepte) (plus|pas) … messages?'],
  },
  de: {
    strong: [
      'nach dem (signal~|piep~|ton|pfeif~)',
      '(mailbox|anrufbeantworter|sprachbox|voicemail) (von|der|des)',
      'verbunden mit … (mailbox|anrufbeantworter|sprachbox)',
      'hinterlass~ (sie )?(mir |uns |bitte |gerne |doch )*(eine|ihre|deine) … nachricht',
      '(gesprachspartner|teilnehmer|anschluss|rufnummer) … nicht (erreichbar|verfugbar|vergeben)',
    ],
    weak: [
      'nachricht … hinterlassen',
      'nicht (erreichbar|zu erreichen|verfugbar|im buro)',
      '(nicht|leider) … (ans telefon|entgegennehmen|ans handy)',
      'ruf~ … (so bald wie moglich|schnellstmoglich|sobald)',
    ],
    full: ['(mailbox|anrufbeantworter|sprachbox|speicher) … voll', 'keine (weiteren )?nachrichten'],
  },
  it: {
    strong: [
      'dopo il (segnale|bip|beep|tono)~',
      'segreteria telefonica',
      'casella vocale',
      '(lasciate|lasci|lascia|lasciateci|lasciatemi) (pure )?(un|il) … messaggio',
      '(cliente|utente|persona|numero) … chiamat[oa] … (non (e|al momento)|irraggiungibile)',
    ],
    weak: [
      'lasciare un messaggio',
      'non (posso|possiamo|puo) … rispondere',
      'non (sono|siamo|e) … (disponibil~|raggiungibil~)',
      'richiamer~ (appena|al piu presto|il prima)',
    ],
    full: ['(casella|segreteria) … pien[ao]', 'non (accetta|puo ricevere) … messaggi'],
  },
  pt: {
    strong: [
      '(apos|depois d[oe]|ao ouvir|a seguir ao) (o )?(sinal|bip|tom|apito)',
      'caixa (postal|de mensagens|de correio|de voz)',
      'correio de voz',
      '(deixe|deixa|grave|grava) (a |o )?(sua|seu|tua|teu|uma|um) (mensagem|recado)',
      '(numero|telefone|cliente|assinante) … (encontra se desligado|esta desligado|fora da area|nao esta disponivel)',
    ],
    weak: [
      'deixar (um recado|uma mensagem|recado|mensagem)',
      'nao (posso|podemos|pode) … atender',
      'nao (estou|estamos|esta) … disponive(l|is)',
      '(retorno|retornarei|ligarei|ligo) … (assim que|logo que)',
    ],
    full: ['(caixa|correio de voz) … (chei[ao]|lotad[ao])', 'nao (aceita|pode receber) … mensagens'],
  },
  nl: {
    strong: [
      'na de (piep~|toon|pieptoon|bliep)',
      '(voicemail|antwoordapparaat|voice mail) van',
      '(laat|spreek|spreekt) (dan |gerust |alstublieft |aub )*(een|uw|je) … (bericht|boodschap)',
      '(abonnee|nummer|persoon|klant) … (niet bereikbaar|niet beschikbaar|niet in gebruik)',
    ],
    weak: [
      'bericht achterlaten',
      'niet (bereikbaar|beschikbaar|aanwezig)',
      '(kan|kunnen|kon) … niet (opnemen|te woord staan|aannemen)',
      'bel~ … (zo snel mogelijk|zo spoedig mogelijk) terug',
    ],
    full: [
      '(voicemail|voice mail|mailbox|antwoordapparaat) … vol',
      'geen berichten (meer )?(worden )?(ontvangen|achtergelaten)',
    ],
  },
  pl: {
    strong: [
      'po (uslyszeniu )?(sygnal~|tonie|dzwieku)',
      'poczt~ glosow~',
      '(prosze|prosimy) … zostawi~ … wiadomosc~',
      '(zostaw|zostawcie) (mi |nam |swoja |krotka )*wiadomosc',
      'automatyczn~ sekretark~',
      'abonent~ … (niedostepn~|nie odpowiada|nie moze|poza zasiegiem)',
    ],
    weak: [
      'zostawic … wiadomosc',
      'nie (moge|mozemy) … (odebrac|rozmawiac)',
      '(jestem|jestesmy) … niedostepn~',
      '(oddzwoni~) … (jak najszybciej|jak tylko|tak szybko)',
    ],
    full: ['(skrzynk~|poczt~) … (peln~|przepelnion~|zapelnion~)', 'nie (przyjmuje|mozna zostawic) … wiadomosci'],
  },
  sv: {
    strong: [
      'efter (tonen|pipet|signalen)',
      '(kommit|kopplats|kopplad) till … (rostbrevlad~|telefonsvarar~|mobilsvar~|voicemail|rostmeddelande~)',
      '(tala|prata|las) in ett … meddelande',
      'lamna (garna |ditt |ett |ett kort )*meddelande sa',
      '(abonnent~|person~|kund~) du (soker|ringer|nar) … (inte|ej)',
    ],
    weak: [
      'lamna … meddelande',
      'kan (tyvarr )?inte … (svara|ta|komma)',
      'inte (antraffbar|tillganglig|nas)',
      'ring~ … (upp|tillbaka) … (sa snart|sa fort)',
    ],
    full: ['(rostbrevlad~|telefonsvarar~|mobilsvar~|brevlad~) … full', 'inte ta emot … meddelanden'],
  },
  da: {
    strong: [
      'efter (tonen|klartonen|bippet|beeptonen|beep~|signalet|hyletonen)',
      '(telefonsvarer~|mobilsvar~|voicemail) (for|hos|til|tilhorende)',
      '(kommet|viderestillet|ringet) til … (telefonsvarer~|mobilsvar~|voicemail)',
      '(laeg|indtal) (en |din |gerne |venligst |en kort )*besked',
      '(abonnent~|person~|kunde~) du (har ringet|ringer|forsoger|prover) … (ikke|ej)',
    ],
    weak: [
      'laegge … besked',
      'kan (desvaerre )?ikke … (tage|svare|besvare|komme)',
      'ikke (tilgaengelig|traeffes|til at fa fat)',
      'ring~ … tilbage … (sa snart|hurtigst)',
    ],
    full: ['(telefonsvarer~|mobilsvar~|voicemail~|mailboks~) … (fuld|fyldt)', 'ikke modtage … beskeder'],
  },
  nb: {
    strong: [
      'etter (tonen|pipetonen|lydsignalet|signalet|pipet|pipelyden)',
      '(telefonsvarer~|mobilsvar~|talepost~|voicemail) (til|for|hos)',
      '(kommet|viderekoblet|satt over) til … (telefonsvarer~|mobilsvar~|talepost~|voicemail)',
      '(legg igjen|les inn) (en |gjerne |din |en kort )*(beskjed|melding)',
      '(abonnent~|person~|kunde~) du (har ringt|ringer|forsoker|prover) … (ikke|ei)',
    ],
    weak: [
      'legge igjen … (beskjed|melding)',
      'kan (dessverre )?ikke … (ta|svare|komme)',
      'ikke (tilgjengelig|treffes)',
      'ring~ … tilbake … (sa snart|sa fort)',
    ],
    full: ['(telefonsvarer~|mobilsvar~|talepost~|postkasse~) … full~', 'ikke ta imot … (meldinger|beskjeder)'],
  },
  fi: {
    strong: [
      '(aanimerk~|merkkiaan~|piippau~) jalkeen',
      '(vastaajaan|vastaajapalvelu~|puhelinvastaaja~|vastaajassa|vastaajani)',
      'jata (minulle |meille |lyhyt )*(viesti|viestisi|soittopyynto)',
      '(tilaaja~|numero~) … ei … (saada yhteytta|tavoitettavissa|kaytossa|vastaa)',
    ],
    weak: [
      '(jattaa|jattakaa) … viesti~',
      'en (voi|pysty|paase) … (vastata|vastaamaan)',
      'ei (ole|olla) … tavoitettavissa',
      'soitan … (takaisin|heti kun|mahdollisimman pian)',
    ],
    full: ['(vastaaja|postilaatikko|viestilaatikko|aanipostilaatikko) … taynna', 'ei voi … vastaanottaa … viesteja'],
  },
  cs: {
    strong: [
      'po (zazneni )?(signal~|tonu|zvukov~|pipnuti)',
      'hlasov~ (schrank~|zaznamnik~)',
      'zaznamnik~ (pana|pani|cisla|spolecnosti)',
      '(zanechte|nechte|zanechejte|nechejte) (mi |nam |prosim |svuj |svou )*(vzkaz|zpravu)',
      '(volan~|ucastnik|cislo) … (nedostupn~|neni dostupn~|neexistuje)',
    ],
    weak: [
      '(nechat|zanechat) … (vzkaz|zpravu)',
      '(nemohu|nemuzu|nemuzeme|nemuze) … (prijmout|zvednout|vzit|hovorit)',
      '(jsem|neni|nejsem) … (nedostupn~|dostupn~)',
      'zavolam … (zpet|jakmile|co nejdrive)',
    ],
    full: ['schrank~ … (pln~|zaplnen~)', 'nelze … (zanechat|prijimat) … (vzkaz~|zprav~)'],
  },
  ro: {
    strong: [
      'dupa (semnal~|bip~|ton~|beep)',
      '(casut~|mesageri~) vocal~',
      'robotul (telefonic|lui|de)',
      '(lasati|lasa) (va rog |mi |ne )*(un|mesajul) … (mesaj~|dupa)',
      '(abonat~|persoana|numarul) … (apelat~|format) … (nu|indisponibil~)',
    ],
    weak: [
      '(lasa|lasati|lasi) un mesaj',
      'nu (pot|putem|poate) … (raspunde|prelua)',
      'nu (sunt|suntem|este) … disponibil~',
      '(revin|sun|suna) … (inapoi|cat mai curand|imediat ce)',
    ],
    full: ['(casut~|mesageri~) … plin~', 'nu (mai )?(accepta|poate primi) … mesaje'],
  },
  el: {
    strong: [
      'μετα (τον|το) (χαρακτηριστικο |ηχητικο )?(ηχο|τονο|μπιπ|σημα)',
      '(αυτοματος )?τηλεφωνητη~ (του|της|στον)',
      '(στον|ο) (αυτοματο )?τηλεφωνητη',
      'φωνητικ~ (θυριδα~|ταχυδρομει~)',
      'αφηστε (μου |μας |το |ενα )*μηνυμα',
      '(συνδρομητη~|αριθμος) … (δεν|προσωρινα|μη διαθεσιμ~)',
    ],
    weak: [
      'αφησ~ … μηνυμα',
      'δεν (μπορω|μπορουμε|μπορει) να … (απαντησ~|σηκωσ~|παρ~)',
      'δεν (ειμαι|ειμαστε|ειναι) … διαθεσιμ~',
      'θα σας (καλεσ~|παρ~) … (συντομα|το συντομοτερο|μολις)',
    ],
    full: ['(θυριδα|γραμματοκιβωτιο) … (γεματ~|πληρ~)', 'δεν (δεχεται|μπορει να δεχθει) … μηνυματα'],
  },
  tr: {
    strong: [
      '(sinyal~|bip~|ton~) … (sonra|ardindan)',
      'telesekreter~',
      'sesli (posta|mesaj)~ (kutusu~)?',
      '(mesajinizi|mesaj|notunuzu) birakin~',
      'aradiginiz (kisiye|kisi|numaraya|numara|abone~) … (ulasilam~|ulasilamamakta~|kapali|cevap ver~)',
    ],
    weak: [
      'mesaj~ birak~',
      '(telefona|cagriniza|aramaniza|size) … (cevap veremi~|bakami~|yanit veremi~)',
      'musait degil~',
      '(en kisa (zamanda|surede)) … (don~|aray~)',
    ],
    full: ['kutusu … dolu~', 'mesaj (kabul edem~|alam~)'],
  },
  uk: {
    strong: [
      'після (звукового )?(сигналу|гудка|тону)',
      'голосов~ (пошт~|скриньк~|повідомлення)',
      'автовідповідач~',
      '(залиште|залишіть|залиш) (будь ласка |своє |ваше |мені |нам )*повідомлення',
      'абонент~ … (недоступн~|не може|поза зоною|не відповідає)',
    ],
    weak: [
      'залишити … повідомлення',
      'не (можу|можемо|може) … (відповісти|взяти|прийняти|підійти)',
      '(недоступн~|не на місці)',
      '(передзвон~|зателефону~) … (як тільки|якнайшвидше|щойно)',
    ],
    full: ['(скриньк~|пошт~) … (переповнен~|заповнен~)', 'не (приймає|може приймати) … повідомлен~'],
  },
  ru: {
    strong: [
      'после (звукового )?(сигнала|гудка|тона)',
      'голосов~ (почт~|ящик~)',
      'автоответчик~',
      'оставьте (пожалуйста |свое |ваше |мне |нам )*сообщение',
      'абонент~ … (недоступ~|не может|вне зоны|не отвечает)',
    ],
    weak: [
      'оставить … сообщение',
      'не (могу|можем|может) … (ответить|взять|подойти|принять)',
      '(недоступ~|нет на месте)',
      'перезвон~ … (как только|как можно скорее)',
    ],
    full: ['(ящик~|почт~) … (переполнен~|заполнен~)', 'не (принимает|может принимать) … сообщени~'],
  },
  ar: {
    strong: [
      'بعد (سماع )?(الصافرة|الصفارة|النغمة|الاشارة|الرنة|صوت الصافرة)',
      '(البريد|بريد|المجيب|الرد) (الصوتي|صوتي|الالي)',
      '(اترك|اتركوا|اتركي|يرجي ترك|الرجاء ترك|سجل) (لي |لنا )?(رسالتك|رسالة|رسالتكم)',
      '(الرقم|الشخص|المشترك) الذي … (غير متاح|لا يمكن|مغلق)',
    ],
    weak: [
      'ترك رسالة',
      'لا (استطيع|يمكنني|نستطيع|يمكننا) … (الرد|الاجابة)',
      'غير (متاح~|متوفر~|موجود~)',
      '(اتصل|اعاود|نعاود) … (اقرب وقت|اسرع وقت)',
    ],
    full: ['(البريد|صندوق|الصندوق) … ممتل~', 'لا (يقبل|يمكنه استقبال) … رسائل'],
  },
  hi: {
    strong: [
      '(बीप|टोन|सिग्नल|ध्वनि) … बाद',
      '(वॉइस|वॉयस|वाइस|वायस) ?मेल',
      '(संदेश|मैसेज|सन्देश) … (छोड़ें|छोड़िए|छोड़ दें|रिकॉर्ड करें)',
      '(आप जिस|आपने जिस) … (उपलब्ध नहीं|संपर्क नहीं|उत्तर नहीं|स्विच ऑफ|बंद है)',
    ],
    weak: ['(संदेश|मैसेज) छोड़~', 'उपलब्ध नहीं', '(फोन|कॉल|फ़ोन) नहीं (उठा|ले)', '(जल्द|जल्दी) … (वापस कॉल|संपर्क)'],
    full: ['(मेलबॉक्स|वॉइसमेल|वॉइस मेल) … (भरा|भर|फुल)', '(संदेश|मैसेज) … स्वीकार नहीं'],
  },
  zh: {
    strong: [
      '(滴|嘀|哔|嗶|提示|信号|信號|蜂鸣)(的一)?(声|聲|音)…(留言|说话|說話|录音|錄音)',
      '(听到|聽到)…(后|後)…(留言|说话|說話|录音|錄音)',
      '(语音|語音)(信箱|邮箱|郵箱|留言)',
      '(请|請)(?!问|問)…留言',
      '(您|你)(所)?(拨打|撥打|呼叫|拨叫)的…(无法接通|無法接通|无人接听|無人接聽|没有应答|沒有回應|已关机|已關機|不在服务区|暂时|暫時|空号|空號)',
    ],
    weak: [
      '(可以|想|要)(给|給)?…留言',
      '(无法|無法|不能|不便|不方便)(接听|接聽|接您|接你|接电话|接電話)',
      '(尽快|盡快|儘快)…(回复|回覆|回电|回電|联系|聯繫)',
    ],
    full: ['(信箱|邮箱|郵箱|留言)…(已满|已滿|满了|滿了)', '(无法|無法|不能)(接收|接受)…(留言|信息|訊息)'],
  },
  ja: {
    strong: [
      '(発信音|信号音|合図|ピー|ピーッ)(という|と言う)?(音|発信音)?の(後|あと)',
      '留守番(電話|サービス|センター)',
      '(メッセージ|伝言|ご用件|お名前)…(お話しください|お残しください|残してください|録音してください|お入れください|吹き込んで)',
      'おかけになった(電話|番号|お電話)',
    ],
    weak: [
      '(電話|お電話)に出(られ|ることができ)',
      '(留守|不在)に?して(い|お)',
      '(伝言|メッセージ)を(残|預)',
      '(折り返し|おりかえし)…(連絡|電話)',
    ],
    full: ['(録音|伝言|メッセージ|容量)…(いっぱい|満杯|録音できません|お預かりできません|超え)'],
  },
  ko: {
    strong: [
      '(삐|신호|발신|효과|안내)(소리|음)…(후|뒤|나면|다음)',
      '음성(사서함|메시지|메일|녹음)',
      '(메시지|용건|음성)(를|을)?…(남겨주세요|남겨주십시오|남겨주시기|녹음해주|남기십시오|녹음하십시오)',
      '(고객|전화|번호)(님)?(이|가|께서)…(꺼져있|연결할수없|연결되지않|받지않|없는번호)',
    ],
    weak: [
      '(전화|통화)(를|가)?…(받을수없|어렵|곤란|할수없)',
      '부재중',
      '(메시지|메모)(를)?(남기|전해)',
      '(곧|바로|최대한빨리)…(연락|전화)드리',
    ],
    full: ['(사서함|메시지함)…(가득|꽉|다찼|찼습)', '(메시지|음성)…(저장|녹음)할수없'],
  },
};

/** A greeting is heard to its end within these many characters; more of a transcript is not searched. */
const SEARCHED_CHARACTERS = 4000;

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Accents and other signs that one transcriber writes and another leaves out: Latin, Greek, Cyrillic; Arabic; nukta. */
const SIGNS = /[\u0300-\u036f\u0640\u064b-\u0655\u0670\u093c]/g;
/** Letters that are written in two ways and do not fall apart into a letter and a sign. */
const VARIANTS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
  ى: 'ي',
};

/** Letters without case, accents and variants; everything else stays. */
function foldLetters(text: string): string {
  const plain = text.normalize('NFKD').toLowerCase().replace(SIGNS, '').normalize('NFC');
  return plain.replace(/[ßæœøłđıى]/g, (letter) => VARIANTS[letter] ?? letter);
}

/** Words as they sound, whoever wrote them down: folded letters with one space between words, nothing for apostrophes. */
export function foldWords(text: string): string {
  return foldLetters(text)
    .replace(/['’‘ʼ`\u200b-\u200d]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

/** Looks for any of some patterns, both in scripts with spaces and in scripts without. */
class PhraseSearch {
  private readonly spaced: RegExp | null;
  private readonly unspaced: RegExp | null;

  constructor(patterns: readonly string[]) {
    this.spaced = compile(
      patterns.filter((pattern) => !UNSPACED.test(pattern)),
      { before: ' ', gap: ' (?:\\S+ ){0,7}', ending: '\\S*', after: ' ' },
    );
    this.unspaced = compile(
      patterns.filter((pattern) => UNSPACED.test(pattern)),
      { before: '', gap: '.{0,12}', ending: '', after: '' },
    );
  }

  /** @param words folded */
  finds(words: string): boolean {
    if (this.spaced?.test(` ${words} `) === true) return true;
    return this.unspaced !== null && UNSPACED.test(words) && this.unspaced.test(words.replaceAll(' ', ''));
  }
}

interface Dialect {
  before: string;
  gap: string;
  ending: string;
  after: string;
}

function compile(patterns: readonly string[], { before, gap, ending, after }: Dialect): RegExp | null {
  if (patterns.length === 0) return null;
  const sources = patterns.map((pattern) =>
    foldLetters(pattern.replace(/ ?… ?/g, '…'))
      // Folding has written the ellipsis as three dots.
      .replaceAll('...', gap)
      .replaceAll('~', ending),
  );
  return new RegExp(`${before}(?:${sources.join('|')})${after}`, 'u');
}

const allOf = (kind: keyof Greetings): string[] => Object.values(GREETINGS).flatMap((greetings) => greetings[kind]);

// A carrier's voicemail speaks the language of its country, whatever the scenario's is: what only machines say is known
// in all of them.
const FULL = new PhraseSearch(allOf('full'));
const STRONG = new PhraseSearch(allOf('strong'));
const WEAK = new Map(Object.entries(GREETINGS).map(([language, { weak }]) => [language, new PhraseSearch(weak)]));

/** Recognises the words of a voicemail in what was heard on a call that is held in a language. */
export function voicemailPhraseIn(languageTag: string): (words: string) => VoicemailPhrase | null {
  const weak = WEAK.get(primaryLanguage(languageTag)) ?? WEAK.get('en');
  return (words) => {
    const folded = foldWords(words.slice(0, SEARCHED_CHARACTERS));
    if (FULL.finds(folded)) return 'full';
    if (STRONG.finds(folded)) return 'strong';
    return weak?.finds(folded) === true ? 'weak' : null;
  };
}
