import { foldWords, voicemailPhraseIn } from './voicemail-phrases';

/** What a voicemail says, how a full one says so, what may be either, and what people say when they pick up a phone. */
const LINES: Record<string, { strong: string; full: string; weak: string; person: string }> = {
  en: {
    strong: 'Hi, you’ve reached the voicemail of Emily. Please leave a short message after the tone.',
    full: 'The mailbox is full and cannot accept any messages at this time. Goodbye.',
    weak: 'Sorry, I can’t take your call right now.',
    person: 'Hello, this is Sue at Acme Dental, you have reached the front desk, how can I help you?',
  },
  es: {
    strong: 'Hola, soy Ana. Por favor, deje su mensaje después de la señal.',
    full: 'El buzón está lleno. Adiós.',
    weak: 'Ahora mismo no puedo atenderle.',
    person: '¿Sí, dígame? Soy Carmen, ¿quién es?',
  },
  fr: {
    strong: 'Bonjour, vous êtes bien sur la messagerie de Paul, laissez-moi un message après le bip sonore.',
    full: 'La messagerie de votre correspondant est pleine.',
    weak: 'Je ne suis pas disponible pour l’instant.',
    person: 'Oui allô, Paul Martin à l’appareil, c’est de la part de qui ?',
  },
  de: {
    strong: 'Guten Tag, dies ist der Anrufbeantworter von Familie Groß. Bitte sprechen Sie nach dem Signalton.',
    full: 'Die Mailbox des Teilnehmers ist voll.',
    weak: 'Ich bin gerade nicht erreichbar.',
    person: 'Müller, guten Tag. Mit wem spreche ich denn?',
  },
  it: {
    strong: 'Risponde la segreteria telefonica. Lasciate un messaggio dopo il segnale acustico.',
    full: 'La casella è piena.',
    weak: 'In questo momento non posso rispondere.',
    person: 'Pronto? Sì, sono Marco, chi parla?',
  },
  pt: {
    strong: 'Você ligou para a Ana. Deixe a sua mensagem após o sinal.',
    full: 'A caixa de mensagens está cheia.',
    weak: 'De momento não posso atender.',
    person: 'Alô, estou? Quem fala, por favor?',
  },
  nl: {
    strong: 'Dit is de voicemail van Jan. Spreek na de piep een bericht in.',
    full: 'De voicemail is vol.',
    weak: 'Ik ben op dit moment niet bereikbaar.',
    person: 'Met Jan de Vries, goedemiddag. Met wie spreek ik?',
  },
  pl: {
    strong: 'Dodzwoniłeś się do Anny. Proszę zostawić wiadomość po usłyszeniu sygnału.',
    full: 'Skrzynka jest przepełniona.',
    weak: 'Nie mogę teraz odebrać telefonu.',
    person: 'Halo, słucham? Tu Anna, kto mówi?',
  },
  sv: {
    strong: 'Hej, du har kommit till Eriks telefonsvarare. Lämna ett meddelande efter tonen.',
    full: 'Röstbrevlådan är full.',
    weak: 'Jag kan tyvärr inte svara just nu.',
    person: 'Hallå, det är Erik. Vem är det jag pratar med?',
  },
  da: {
    strong: 'Du har ringet til Mette. Læg en besked efter klartonen.',
    full: 'Telefonsvareren er fyldt.',
    weak: 'Jeg kan desværre ikke tage telefonen lige nu.',
    person: 'Det er Mette. Hvem taler jeg med?',
  },
  nb: {
    strong: 'Hei, du har kommet til telefonsvareren til Ola. Legg igjen en beskjed etter pipetonen.',
    full: 'Telefonsvareren er full.',
    weak: 'Jeg kan dessverre ikke ta telefonen nå.',
    person: 'Hei, det er Ola. Hvem er det som ringer?',
  },
  fi: {
    strong: 'Hei, olet soittanut Matille. Jätä viesti äänimerkin jälkeen.',
    full: 'Vastaaja on täynnä.',
    weak: 'En voi juuri nyt vastata puheluusi.',
    person: 'Matti puhelimessa, hei. Kuka siellä?',
  },
  cs: {
    strong: 'Dovolali jste se do hlasové schránky. Zanechte vzkaz po zaznění signálu.',
    full: 'Schránka je plná.',
    weak: 'Právě teď nemohu přijmout váš hovor.',
    person: 'Prosím, tady Novák. Kdo volá?',
  },
  ro: {
    strong: 'Bună, ați sunat la Andrei. Lăsați un mesaj după semnalul sonor.',
    full: 'Căsuța este plină.',
    weak: 'Momentan nu pot răspunde la telefon.',
    person: 'Alo, da? Andrei la telefon, cine întreabă?',
  },
  el: {
    strong: 'Γεια σας, αφήστε το μήνυμά σας μετά τον χαρακτηριστικό ήχο.',
    full: 'Η θυρίδα είναι γεμάτη.',
    weak: 'Δεν μπορώ να απαντήσω αυτή τη στιγμή.',
    person: 'Εμπρός, λέγετε; Ποιος είναι παρακαλώ;',
  },
  tr: {
    strong: 'Aradığınız kişiye şu anda ulaşılamıyor. Lütfen sinyal sesinden sonra mesajınızı bırakın.',
    full: 'Mesaj kutusu dolu.',
    weak: 'ŞU ANDA TELEFONA CEVAP VEREMİYORUM.',
    person: 'Alo, buyurun? Kiminle görüşüyorum?',
  },
  uk: {
    strong: 'Вітаю! Залиште, будь ласка, повідомлення після сигналу.',
    full: 'Голосова скринька переповнена.',
    weak: 'Зараз не можу відповісти на дзвінок.',
    person: 'Алло, слухаю вас. Хто це?',
  },
  ru: {
    strong: 'Здравствуйте, оставьте сообщение после звукового сигнала.',
    full: 'Голосовой ящик переполнен.',
    weak: 'Я сейчас не могу ответить на звонок.',
    person: 'Алло, да, слушаю вас. Кто это?',
  },
  ar: {
    strong: 'مرحبًا، أنا غير موجود الآن، اترك رسالتك بعد سماع الصافرة.',
    full: 'صندوق الرسائل ممتلئ.',
    weak: 'لا أستطيع الردّ الآن.',
    person: 'ألو، نعم، من معي؟',
  },
  hi: {
    strong: 'नमस्ते, कृपया बीप के बाद अपना संदेश छोड़ें।',
    full: 'मेलबॉक्स भरा हुआ है।',
    weak: 'वे अभी उपलब्ध नहीं हैं।',
    person: 'हैलो, जी हाँ, कौन बोल रहा है?',
  },
  zh: {
    strong: '您好，我现在不在，请在“嘀”的一声后留言。',
    full: '语音信箱已满。',
    weak: '我现在不方便接听您的电话。',
    person: '喂，你好，请问哪位？',
  },
  ja: {
    strong: 'ただいま電話に出ることができません。ピーという発信音の後に、メッセージをお話しください。',
    full: 'メッセージがいっぱいのため、録音できません。',
    weak: 'ただいま電話に出られません。',
    person: 'はい、もしもし、田中です。どちら様ですか。',
  },
  ko: {
    strong: '지금은 전화를 받을 수 없습니다. 삐 소리가 난 후 메시지를 남겨 주세요.',
    full: '음성 사서함이 가득 찼습니다.',
    weak: '지금은 전화를 받을 수 없습니다.',
    person: '여보세요? 네, 누구세요?',
  },
};

const LANGUAGES = 'en es fr de it pt nl pl sv da nb fi cs ro el tr uk ru ar hi zh ja ko'.split(' ');

describe('the words of a voicemail', () => {
  it('are known in every language that we have sentences of', () => {
    expect(Object.keys(LINES)).toEqual(LANGUAGES);
  });

  it.each(LANGUAGES)('in %s: what only a machine says, a full mailbox, what both say, what a person says', (tag) => {
    const { strong, full, weak, person } = LINES[tag] as (typeof LINES)[string];
    const phraseIn = voicemailPhraseIn(tag);
    expect(phraseIn(strong)).toBe('strong');
    expect(phraseIn(full)).toBe('full');
    expect(phraseIn(weak)).toBe('weak');
    expect(phraseIn(person)).toBeNull();
  });

  it.each(LANGUAGES)('in %s are understood on calls in any other language, but for those that people say', (tag) => {
    const { strong, full, person } = LINES[tag] as (typeof LINES)[string];
    for (const other of LANGUAGES) {
      const phraseIn = voicemailPhraseIn(other);
      expect([other, phraseIn(strong), phraseIn(full), phraseIn(person)]).toEqual([other, 'strong', 'full', null]);
    }
  });

  it.each([
    'You have reached the mailbox of 5 5 5, 0 1 0 3.',
    'Your call has been forwarded to an automatic voice message system.',
    'Hi, it’s Tom! Leave me a message and I’ll get back to you.',
    'At the tone, please record your message.',
    'The person you are trying to reach is not available.',
    'Please leave your name, your number and the reason of your call.',
    'PLEASE LEAVE A MESSAGE AFTER THE BEEP',
  ])('are strong in "%s"', (words) => {
    expect(voicemailPhraseIn('en-GB')(words)).toBe('strong');
  });

  it.each([
    ['He is out. Would you like to leave a message?', 'weak'],
    ['I’m not available tomorrow, but Friday works.', 'weak'],
    ['I’ll have to call you back later, is that all right?', null],
    ['Hi, the person you’re calling is using a screening service. Please say your name and why you are calling.', null],
    ['Yes, I got your message, what is it about?', null],
    ['The person you want to speak to is not available, can I take a message?', 'weak'],
    ['', null],
  ])('of a person, "%s", are at most weak', (words, phrase) => {
    expect(voicemailPhraseIn('en')(words)).toBe(phrase);
  });

  it.each([
    ['de', 'Er ist nicht im Büro. Möchten Sie ihm eine Nachricht hinterlassen?'],
    ['es', 'No está disponible ahora. ¿Quiere dejar un mensaje?'],
    ['fr', 'Il n’est pas disponible, voulez-vous laisser un message ?'],
    ['it', 'Non è disponibile, vuole lasciare un messaggio?'],
    ['pt', 'Ele não está disponível, quer deixar um recado?'],
    ['nl', 'Hij is niet aanwezig, wilt u een bericht achterlaten?'],
    ['pl', 'Nie ma go, czy chce pan zostawić wiadomość?'],
    ['sv', 'Han är inte anträffbar, vill du lämna ett meddelande?'],
    ['da', 'Personen, du vil tale med, er ikke tilgængelig. Vil du lægge en besked?'],
    ['nb', 'Personen du vil snakke med er ikke tilgjengelig. Vil du legge igjen en beskjed?'],
    ['fi', 'Hän ei ole tavoitettavissa, haluatko jättää viestin?'],
    ['ru', 'Его нет на месте, хотите оставить сообщение?'],
    ['uk', 'Його немає, хочете залишити повідомлення?'],
    ['zh', '他不在，请问您要留言吗？'],
    ['ja', '田中は不在にしておりますが、伝言をお預かりしましょうか。'],
    ['ko', '지금 부재중이신데 메시지 남겨 주시겠어요?'],
  ])('of a person who takes calls for another, in %s, are weak', (tag, words) => {
    expect(voicemailPhraseIn(tag)(words)).toBe('weak');
  });

  it('are those of English where we have none of a language', () => {
    expect(voicemailPhraseIn('tlh')('Sorry, I cannot take your call.')).toBe('weak');
    expect(voicemailPhraseIn('no-NO')('Jeg er ikke tilgjengelig.')).toBe('weak');
  });

  it('are searched in bounded time, whatever is said', () => {
    const phraseIn = voicemailPhraseIn('en');
    const startedAtMs = performance.now();
    for (const word of ['leave ', 'please leave a ', 'person you ', 'abonent ', '请', 'メッセージ'])
      phraseIn(word.repeat(20_000));
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });
});

describe('folded words', () => {
  it.each([
    ["I can’t — really, CAN'T!", 'i cant really cant'],
    ['Größe, Łódź, smørrebrød, ÇAĞRI İptal', 'grosse lodz smorrebrod cagri iptal'],
    ['Ёлка, Зелёный', 'елка зеленыи'],
    ['أنا', 'انا'],
    ['ﾒｯｾｰｼﾞ', 'メッセージ'],
  ])('of "%s" are "%s"', (text, folded) => {
    expect(foldWords(text)).toBe(folded);
  });
});
