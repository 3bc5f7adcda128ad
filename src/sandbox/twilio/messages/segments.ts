/** The alphabet of GSM 03.38; those of the extension table count twice. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const EXTENDED = new Set('\f^{}\\[~]|€');

/** In how many parts a text travels: 160 characters or 70, and somewhat less in each where there are several. */
export function segmentsOf(body: string): number {
  const characters = [...body];
  const isGsm = characters.every((one) => BASIC.has(one) || EXTENDED.has(one));
  const length = isGsm ? characters.length + characters.filter((one) => EXTENDED.has(one)).length : body.length;
  const [alone, joined] = isGsm ? [160, 153] : [70, 67];
  return length <= alone ? 1 : Math.ceil(length / joined);
}
