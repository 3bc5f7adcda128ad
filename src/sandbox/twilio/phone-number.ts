const E164 = /^\+[1-9]\d{6,14}$/;
/** North America: area code and exchange begin with 2 to 9. */
const NORTH_AMERICAN = /^\+1[2-9]\d{2}[2-9]\d{6}$/;

/**
 * A number as Twilio takes it (spaces, dashes, brackets and dots are allowed, ten digits are American) in E.164 form;
 * `undefined` when it is none.
 */
export function parsePhoneNumber(written: string): string | undefined {
  let digits = written.trim().replace(/[\s().-]/g, '');
  if (/^\d{10}$/.test(digits)) digits = `+1${digits}`;
  else if (/^1\d{10}$/.test(digits)) digits = `+${digits}`;
  if (!E164.test(digits)) return undefined;
  if (digits.startsWith('+1') && !NORTH_AMERICAN.test(digits)) return undefined;
  return digits;
}

/** As Twilio's `to_formatted` writes it: American numbers as (202) 555-0100, others as they are. */
export function formatPhoneNumber(e164: string): string {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(e164);
  return parts ? `(${parts[1]}) ${parts[2]}-${parts[3]}` : e164;
}

/** What Twilio adds about where a number belongs; the sandbox knows the country of +1 and the state of area code 202. */
export function placeOf(e164: string): { City: string; State: string; Zip: string; Country: string } {
  return {
    City: '',
    State: e164.startsWith('+1202') ? 'DC' : '',
    Zip: '',
    Country: e164.startsWith('+1') ? 'US' : '',
  };
}
