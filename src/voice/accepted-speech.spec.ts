import { acceptedSpeech } from './accepted-speech';

it.each([
  [undefined, null],
  ['*/*', null],
  ['application/json', null],
  ['application/json, text/plain, */*', null],
  ['audio/*', { format: null }],
  ['audio/mpeg', { format: 'mp3' }],
  ['audio/wav, */*;q=0.5', { format: 'wav' }],
  ['audio/x-wav', { format: 'wav' }],
  ['AUDIO/PCM', { format: 'pcm' }],
  ['audio/ogg, audio/wav;q=0.8', { format: null }],
  ['audio/wav;q=0.4, audio/mpeg;q=0.9', { format: 'mp3' }],
  ['audio/mpeg;q=0.1, application/json', null],
  ['audio/mpeg, application/json;q=0.5', { format: 'mp3' }],
  ['audio/mpeg;q=0', null],
  ['audio/mpeg;q=many', null],
  [',;=,,q', null],
])('of %s it is %j', (accept, asked) => {
  expect(acceptedSpeech(accept)).toEqual(asked);
});
