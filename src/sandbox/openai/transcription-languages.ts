/**
 * The two-letter codes that OpenAI's transcribers know: Whisper's list. It is not all of ISO 639-1: Norwegian is `no`
 * or `nn` there, and `nb` is refused like any other unknown word.
 */
export const TRANSCRIPTION_LANGUAGES = (
  'af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha he hi hr ht hu hy id is it ' +
  'ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl ' +
  'sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh'
).split(' ');
