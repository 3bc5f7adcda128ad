import type { Language } from '../language';

export const en: Language = {
  say: [
    { tag: 'en-US', voice: 'Polly.Joanna-Neural' },
    { tag: 'en-AU', voice: 'Polly.Olivia-Neural' },
    { tag: 'en-CA' },
    { tag: 'en-GB', voice: 'Polly.Amy-Neural' },
    { tag: 'en-IE', voice: 'Polly.Niamh-Neural' },
    { tag: 'en-IN', voice: 'Polly.Kajal-Neural' },
    { tag: 'en-NZ', voice: 'Polly.Aria-Neural' },
    { tag: 'en-ZA', voice: 'Polly.Ayanda-Neural' },
  ],
  heardBy: {
    words:
      'hello hi yes no this is who what when where why how the and you your i am im have has can could would want need please thank thanks speaking speak about with for my are it its do does not dont good morning afternoon like open today tomorrow calling',
  },
  sentences: {
    disclosure: 'Hello, this is an automated assistant speaking on behalf of {name}.',
    isRecorded: 'This call is recorded.',
    stillThere: 'Are you still there?',
    silenceGoodbye: 'I cannot hear you, so I will end the call now. Goodbye.',
    timeUpGoodbye: 'I am sorry, our time for this call is up. Thank you and goodbye.',
    busy: 'Hello, this is an automated call. We are sorry, we cannot talk to you at the moment. Thank you and goodbye.',
    trouble: 'I am sorry, we have a technical problem, so I have to end the call. Goodbye.',
    welcome: 'Welcome. You are about to talk to an automated assistant.',
    pressAnyKey: 'Please press any key to begin.',
    noKey: 'No key was pressed, so we end the call now. Goodbye.',
    numberUnknown: 'Nobody answers at this number. Goodbye.',
    allBusy: 'We are sorry, all lines are busy at the moment. Please call again later. Goodbye.',
    notAvailable: 'We are sorry, your call cannot be taken at the moment. Please call again later. Goodbye.',
  },
};
