import type { Language } from '../language';

export const es: Language = {
  say: [
    { tag: 'es-ES', voice: 'Polly.Lucia-Neural' },
    { tag: 'es-MX', voice: 'Polly.Mia-Neural' },
    { tag: 'es-US', voice: 'Polly.Lupe-Neural' },
  ],
  heardBy: {
    words:
      'hola buenos buenas días dias tardes noches quién quien qué que cómo como está estoy es soy sí si no gracias por favor quiero quisiera necesito puede puedo hablar habla hablo español cuándo dónde una un el la los las con para mi me usted tiene hay muy bien dígame diga',
    letters: { of: /[ñ¿¡]/gu, worth: 1.5 },
  },
  sentences: {
    disclosure: 'Hola, le habla un asistente automático en nombre de {name}.',
    isRecorded: 'Esta llamada se graba.',
    stillThere: '¿Sigue usted ahí?',
    silenceGoodbye: 'No le oigo, así que voy a terminar la llamada. Adiós.',
    timeUpGoodbye: 'Lo siento, se ha acabado el tiempo de esta llamada. Gracias y adiós.',
    busy: 'Hola, esta es una llamada automática. Lo sentimos, en este momento no podemos atenderle. Gracias y adiós.',
    trouble: 'Lo siento, tenemos un problema técnico y debo terminar la llamada. Adiós.',
    welcome: 'Bienvenido. Va a hablar con un asistente automático.',
    pressAnyKey: 'Pulse cualquier tecla para empezar.',
    noKey: 'No se ha pulsado ninguna tecla, así que terminamos la llamada. Adiós.',
    numberUnknown: 'Nadie responde en este número. Adiós.',
    allBusy: 'Lo sentimos, todas las líneas están ocupadas en este momento. Llame más tarde, por favor. Adiós.',
    notAvailable: 'Lo sentimos, ahora no podemos atender su llamada. Llame más tarde, por favor. Adiós.',
  },
};
