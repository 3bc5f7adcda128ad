import type twilio from 'twilio';
import { Finding, findingsOn } from '../../../common/finding';
import type { AppConfig } from '../../../config/app-config';
import { numberProblems, reachProblem, webhooksAt } from '../number-problems';
import { clientForReads } from './twilio-client';
import { TwilioTelephony } from './twilio-telephony';

const NOT_AUTHENTICATED = 20003;
const account = findingsOn('Twilio account');
const number = findingsOn('Twilio number');
const permissions = findingsOn('Twilio countries');
const intelligence = findingsOn('Voice Intelligence');
const address = findingsOn('PUBLIC_URL');

/** The account, our number and whom it asks, the countries that may be dialled, and whether Twilio reaches us. */
export async function twilioCheckup(config: AppConfig): Promise<Finding[]> {
  const { api } = clientForReads(config.twilio);
  const [ofAccount, canGoOn] = await accountFinding(api, config);
  if (!canGoOn) return [ofAccount];
  const telephony = new TwilioTelephony(config);
  return [
    ofAccount,
    ...(await numberFindings(telephony, config)),
    ...(await permissionFindings(api, config)),
    ...(await intelligenceFindings(api, config)),
    await addressFinding(telephony, config),
  ];
}

async function accountFinding(api: twilio.Twilio, { twilio: { accountSid } }: AppConfig): Promise<[Finding, boolean]> {
  try {
    const { status, type } = await api.api.v2010.accounts(accountSid).fetch();
    if (status !== 'active') return [account.failure(`It is ${status}: Twilio places and takes no calls.`), false];
    if (type === 'Trial') {
      const bounds = 'it calls and texts verified numbers alone, and says before each call that it is one';
      return [account.warning(`It is a trial account: ${bounds}.`), true];
    }
    return [account.ok('It is there and active.'), true];
  } catch (error) {
    if ((error as { code?: unknown }).code === NOT_AUTHENTICATED) {
      const mend = 'TWILIO_AUTH_TOKEN is not the token of TWILIO_ACCOUNT_SID: copy both from the Twilio console.';
      return [account.failure(mend), false];
    }
    return [account.failure(`Twilio could not be asked: ${messageOf(error)}`), false];
  }
}

async function numberFindings(telephony: TwilioTelephony, config: AppConfig): Promise<Finding[]> {
  const { phoneNumber } = config.twilio;
  try {
    const ours = await telephony.findNumber(phoneNumber);
    if (ours === null) {
      return [number.failure(`${phoneNumber} is not one of this account: set TWILIO_PHONE_NUMBER to one that is.`)];
    }
    const problems = numberProblems(ours, webhooksAt(config.publicUrl));
    if (problems.length === 0) return [number.ok(`${phoneNumber} calls, and who rings it is answered.`)];
    return problems.map(({ code, detail }) =>
      // It is dialled from all the same.
      code === 'no_voice'
        ? number.failure(`${detail} Set TWILIO_PHONE_NUMBER to one that has.`)
        : number.warning(`${detail} Claim the number by POST /phone-numbers, or set it in the Twilio console.`),
    );
  } catch (error) {
    return [number.failure(`Twilio could not be asked about ${phoneNumber}: ${messageOf(error)}`)];
  }
}

/** https://www.twilio.com/docs/voice/api/dialingpermissions-country-resource */
async function permissionFindings(api: twilio.Twilio, { calls }: AppConfig): Promise<Finding[]> {
  const refused: string[] = [];
  for (const country of calls.allowedCountries) {
    try {
      const { lowRiskNumbersEnabled } = await api.voice.v1.dialingPermissions.countries(country).fetch();
      if (!lowRiskNumbersEnabled) refused.push(country);
    } catch (error) {
      return [permissions.warning(`Twilio does not say whether ${country} may be dialled: ${messageOf(error)}`)];
    }
  }
  if (refused.length === 0) return [permissions.ok(`${calls.allowedCountries.join(', ')} may be dialled.`)];
  const where = 'Voice > Settings > Geo permissions of the Twilio console';
  return [
    permissions.failure(
      `Twilio does not dial ${refused.join(', ')}: allow it under ${where}, or take it out of ALLOWED_COUNTRIES.`,
    ),
  ];
}

async function intelligenceFindings(api: twilio.Twilio, { twilio: settings }: AppConfig): Promise<Finding[]> {
  const { usesVoiceIntelligence, voiceIntelligenceSid } = settings;
  if (!usesVoiceIntelligence) return [];
  if (voiceIntelligenceSid === undefined) {
    return [
      intelligence.warning('No TWILIO_VOICE_INTELLIGENCE_SID is set: recordings are not sent to it by themselves.'),
    ];
  }
  try {
    const { friendlyName, uniqueName } = await api.intelligence.v2.services(voiceIntelligenceSid).fetch();
    return [intelligence.ok(`The service ${friendlyName || uniqueName} is there.`)];
  } catch (error) {
    return [intelligence.failure(`The service of TWILIO_VOICE_INTELLIGENCE_SID cannot be used: ${messageOf(error)}`)];
  }
}

async function addressFinding(telephony: TwilioTelephony, { publicUrl }: AppConfig): Promise<Finding> {
  const problem = await reachProblem(publicUrl, telephony);
  if (problem !== null) return address.failure(problem);
  return address.ok(`${publicUrl} reaches this server, from this machine at least.`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
