import { flag, invalidParameter, isWebAddress, oneOf } from '../form-fields';
import { TwilioRefusal } from '../twilio-refusal';

/** The provider's documentation says so of FriendlyName; that it holds for UniqueName too is unverified. */
const MAX_NAME_CHARACTERS = 64;

export interface ServiceSettings {
  uniqueName: string;
  friendlyName: string;
  /** Set once: every transcript of the service is in this language. */
  languageCode: string;
  /** Every recording of the account gets a transcript. */
  autoTranscribe: boolean;
  autoRedaction: boolean;
  mediaRedaction: boolean;
  /** '' when nobody is to be told. */
  webhookUrl: string;
  webhookHttpMethod: 'GET' | 'POST' | 'NULL';
}

export const DEFAULT_SERVICE: ServiceSettings = {
  uniqueName: 'sandbox',
  friendlyName: 'The service of the sandbox',
  languageCode: 'en-US',
  autoTranscribe: false,
  autoRedaction: false,
  mediaRedaction: false,
  webhookUrl: '',
  webhookHttpMethod: 'POST',
};

/** The form of `POST Services`. @throws TwilioRefusal */
export function readNewService(form: URLSearchParams): ServiceSettings {
  if (!form.get('UniqueName')) throw new TwilioRefusal(20001, 'Missing required parameter UniqueName in the post body');
  const languageCode = form.get('LanguageCode') || DEFAULT_SERVICE.languageCode;
  if (!/^[a-z]{2,3}-[A-Z]{2}$/.test(languageCode)) throw invalidParameter('LanguageCode', languageCode);
  return readServiceChange(form, { ...DEFAULT_SERVICE, friendlyName: '', languageCode });
}

/** The form of `POST Services/{sid}`: what is not in it stays, and the language cannot change. @throws TwilioRefusal */
export function readServiceChange(form: URLSearchParams, before: ServiceSettings): ServiceSettings {
  const flagOr = (field: string, otherwise: boolean) => (form.get(field) ? flag(form, field) : otherwise);
  const settings: ServiceSettings = {
    uniqueName: nameOr(form, 'UniqueName', before.uniqueName),
    friendlyName: nameOr(form, 'FriendlyName', before.friendlyName),
    languageCode: before.languageCode,
    autoTranscribe: flagOr('AutoTranscribe', before.autoTranscribe),
    autoRedaction: flagOr('AutoRedaction', before.autoRedaction),
    mediaRedaction: flagOr('MediaRedaction', before.mediaRedaction),
    webhookUrl: form.get('WebhookUrl') ?? before.webhookUrl,
    webhookHttpMethod: oneOf(form, 'WebhookHttpMethod', ['GET', 'POST', 'NULL'], before.webhookHttpMethod),
  };
  const { uniqueName, webhookUrl } = settings;
  if (uniqueName === '') throw invalidParameter('UniqueName', 'empty');
  if (webhookUrl !== '' && !isWebAddress(webhookUrl)) throw invalidParameter('WebhookUrl', webhookUrl);
  if (settings.mediaRedaction && !settings.autoRedaction) {
    throw new TwilioRefusal(20001, 'MediaRedaction needs AutoRedaction to be enabled.');
  }
  if (flagOr('DataLogging', false)) {
    throw new TwilioRefusal(20001, 'DataLogging cannot be activated by the API: it requires consent in the console.');
  }
  if (form.get('EncryptionCredentialSid')) {
    throw new TwilioRefusal(20001, 'EncryptionCredentialSid is not simulated.');
  }
  return settings;
}

function nameOr(form: URLSearchParams, field: string, otherwise: string): string {
  const name = form.get(field) ?? otherwise;
  if (name.length > MAX_NAME_CHARACTERS) {
    throw new TwilioRefusal(20001, `${field} cannot be longer than ${MAX_NAME_CHARACTERS} characters.`);
  }
  return name;
}
