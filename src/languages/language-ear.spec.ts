import fc from 'fast-check';
import { LanguageEar } from './language-ear';
import { LANGUAGES } from './languages';

const SAID: Readonly<Record<string, string[]>> = {
  en: ['Hello, who is this?', 'Yes, this is Sam speaking.', 'Good morning, I would like to book a table for two.'],
  es: ['Hola, ¿quién habla?', 'Buenos días, quisiera pedir una cita, por favor.', 'Sí, dígame, soy María.'],
  fr: ['Allô, qui est-ce ?', 'Bonjour, je voudrais prendre rendez-vous.', "Oui, c'est moi, que voulez-vous ?"],
  de: ['Hallo, wer spricht da?', 'Guten Tag, ich möchte einen Termin machen.', 'Ja bitte, was kann ich für Sie tun?'],
  it: ['Pronto, chi parla?', 'Buongiorno, vorrei prenotare un tavolo.', 'Sì, sono io, che cosa desidera?'],
  pt: ['Alô, quem fala?', 'Bom dia, queria marcar uma consulta.', 'Sim, sou eu, o que deseja, por favor?'],
  nl: [
    'Hallo, met wie spreek ik, wat wilt u?',
    'Goedemiddag, ik wil graag een afspraak maken.',
    'Ja, wat kan ik voor u doen, alstublieft?',
  ],
  pl: ['Halo, kto mówi?', 'Dzień dobry, chciałbym umówić wizytę.', 'Tak, proszę, o co chodzi?'],
  sv: ['Hallå, vem är det?', 'Hej, jag vill boka en tid.', 'Ja, vad vill ni, jag har inte tid nu.'],
  da: ['Hallo, hvem taler jeg med?', 'Goddag, jeg vil gerne bestille et bord.', 'Hvad drejer det sig om, hvad vil du?'],
  nb: ['Hallo, hvem snakker jeg med?', 'Hei, jeg vil gjerne bestille et bord.', 'Hva gjelder det, hva vil du?'],
  fi: [
    'Haloo, kuka siellä, mitä asia koskee?',
    'Hyvää päivää, haluaisin varata ajan.',
    'Kyllä, minä olen, mitä haluatte?',
  ],
  cs: ['Haló, kdo volá?', 'Dobrý den, chtěl bych se objednat.', 'Ano, prosím, co potřebujete?'],
  ro: ['Alo, cine este?', 'Bună ziua, aș vrea să fac o programare.', 'Da, vă rog, ce doriți?'],
  el: ['Εμπρός, ποιος είναι;', 'Καλημέρα, θα ήθελα ένα ραντεβού.', 'Ναι, παρακαλώ.'],
  tr: ['Alo, kim arıyor?', 'Merhaba, bir randevu almak istiyorum.', 'Evet, buyurun, nasıl yardımcı olabilirim?'],
  uk: ['Алло, хто це?', 'Добрий день, я хотів би записатися.', 'Так, слухаю, що ви хочете?'],
  ru: ['Алло, кто это?', 'Здравствуйте, я хочу записаться на приём.', 'Да, слушаю вас, что вы хотите?'],
  ar: ['مرحبا، من يتكلم؟', 'صباح الخير، أريد حجز موعد.', 'نعم، تفضل.'],
  hi: ['नमस्ते, कौन बोल रहा है?', 'मुझे एक अपॉइंटमेंट चाहिए।', 'जी हाँ, बोलिए।'],
  zh: ['你好，请问是哪位？', '我想预约明天的时间。', '是的，请说，有什么事？'],
  ja: ['もしもし、どちら様ですか。', '予約をお願いしたいのですが。', 'はい、そうです。'],
  ca: ['Hola, qui parla, si us plau?', 'Bon dia, voldria demanar hora.', 'Sí, sóc jo, què vol vostè?'],
  sk: ['Haló, kto volá?', 'Dobrý deň, chcel by som sa objednať.', 'Áno, prosím, čo potrebujete?'],
  hu: ['Halló, ki beszél?', 'Jó napot kívánok, szeretnék időpontot kérni.', 'Igen, én vagyok, miben segíthetek?'],
  bg: ['Ало, кой е?', 'Добър ден, искам да запазя час.', 'Да, моля, какво искате?'],
  he: ['שלום, מי מדבר?', 'בוקר טוב, אני רוצה לקבוע תור.', 'כן, בבקשה.'],
  th: ['สวัสดีครับ ใครพูดสายอยู่ครับ', 'อยากจองโต๊ะครับ', 'ใช่ครับ'],
  vi: ['Alo, ai đó?', 'Xin chào, tôi muốn đặt lịch hẹn.', 'Vâng, tôi nghe đây ạ.'],
  id: ['Halo, ini siapa, ya?', 'Selamat siang, saya ingin memesan meja.', 'Ya, ada yang bisa saya bantu, Bapak?'],
  ms: ['Helo, siapa ini, encik?', 'Selamat petang, saya nak tempah meja.', 'Ya, boleh saya bantu, cik?'],
  fil: [
    'Hello po, sino ito?',
    'Magandang umaga, gusto ko pong magpa-reserba.',
    'Opo, ako nga, ano ang kailangan ninyo?',
  ],
  ko: ['여보세요, 누구세요?', '예약을 하고 싶습니다.', '네, 말씀하세요.'],
};

const heard = (...turns: string[]) => {
  const ear = new LanguageEar();
  turns.forEach((turn) => ear.hear(turn));
  return ear.language;
};

describe('the language of the first words', () => {
  it('is one of those that we have', () => {
    expect(Object.keys(SAID).sort()).toEqual(Object.keys(LANGUAGES).sort());
  });

  it.each(Object.entries(SAID))('is %s', (language, sentences) => {
    // A sentence may be too little; whatever is decided is right, and three are enough.
    for (const sentence of sentences) expect([language, null]).toContain(heard(sentence));
    expect(heard(...sentences)).toBe(language);
    expect(heard(...[...sentences].reverse())).toBe(language);
  });

  it.each([
    'OK.',
    'Hello?',
    'Ja.',
    'No.',
    'Hm, mhm.',
    '',
    '42',
    'Si.',
    'Taxi, hotel, pizza',
    'Da.',
    'Halo?',
    'Hola?',
    'Selamat pagi.',
    'Alo?',
    'No, no.',
    '你好',
  ])('is not told by %j alone', (said) => {
    expect(heard(said)).toBeNull();
  });

  it('is Japanese where a word is written in kana, whatever stands around it', () => {
    expect(heard('予約変更希望です')).toBe('ja');
  });

  it('is not told by keys, which use up no turn and are nothing that was said', () => {
    const ear = new LanguageEar();
    for (let key = 0; key < 9; key++) ear.hear(`[pressed ${key}]`);
    expect(ear.hasHeard).toBe(false);
    expect(ear.hear('Hola, ¿quién habla?')).toBe('es');
  });

  it('is decided once', () => {
    const ear = new LanguageEar();
    expect(ear.hear('Hola, ¿quién habla?')).toBe('es');
    expect(ear.hear('Good morning, I would like to speak English.')).toBeNull();
    expect(ear.language).toBe('es');
  });

  it('is not looked for any more where much was said and nothing understood', () => {
    expect(heard('Ja.', 'Ok.', 'Hm.', 'Aha.', 'Buenos días, quisiera una cita, por favor.')).toBeNull();
  });

  it('never flips, whatever is said', () => {
    const phrases = fc.constantFrom(...Object.values(SAID).flat(), 'Ok.', 'Hm');
    fc.assert(
      fc.property(fc.array(fc.oneof(phrases, fc.string()), { maxLength: 8 }), (turns) => {
        const ear = new LanguageEar();
        const decisions = turns.map((turn) => ear.hear(turn)).filter((decision) => decision !== null);
        expect(decisions.length).toBeLessThanOrEqual(1);
        expect(ear.language).toBe(decisions[0] ?? null);
      }),
    );
  });
});
