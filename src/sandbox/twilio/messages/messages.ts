import type { FaultBox } from '../../faults';
import type { SandboxLog } from '../../log';
import { behaviourOf } from '../../phone/directory';
import type { WallClock } from '../../wall-clock';
import type { IncomingNumbers } from '../incoming-numbers';
import { placeOf } from '../phone-number';
import type { FormFields } from '../signature';
import { TwilioRefusal } from '../twilio-refusal';
import { BadTwiml, parseTwiml, type TwimlElement } from '../twiml';
import { WebhookFailed, type Webhooks, type WebhookTarget, type WebhookView } from '../webhooks';
import { Message, type MessageSettings, type MessageStatus } from './message';
import { OptOuts } from './opt-outs';

/** Of all texts the newest are kept. */
const MAX_MESSAGES = 5000;
/** The handset is off, or out of reach. */
const UNREACHABLE_HANDSET = 30003;

export interface MessageServices {
  accountSid: string;
  numbers: IncomingNumbers;
  clock: WallClock;
  webhooks: Webhooks;
  faults: FaultBox;
  log: SandboxLog;
  /** Between two steps of a delivery. */
  stepMs: number;
  /** Whether Twilio knows STOP, START and HELP, as it does for long codes. */
  knowsKeywords: boolean;
}

/** The texts of the account: sent, delivered, received, and who wants none. */
export class Messages {
  private readonly messages = new Map<string, Message>();
  private readonly optOuts = new OptOuts();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(private readonly services: MessageServices) {}

  /** Newest first. */
  list(): Message[] {
    return [...this.messages.values()].reverse();
  }

  find(sid: string): Message | undefined {
    return this.messages.get(sid);
  }

  /** Takes a text and delivers it. @throws TwilioRefusal 21610 where the person has told this number to stop */
  send(settings: MessageSettings): Message {
    if (this.services.knowsKeywords && this.optOuts.has(settings.from, settings.to)) {
      throw new TwilioRefusal(21610, 'Attempt to send to unsubscribed recipient');
    }
    const message = this.keep(settings);
    this.after(() => {
      this.move(message, 'sent');
      this.after(() => {
        this.arrive(message);
      });
    });
    return message;
  }

  /** A person texts one of the numbers of the platform; `undefined` when it is none of them. */
  receive(settings: { from: string; to: string; body: string }): Message | undefined {
    const number = this.services.numbers.byNumber(settings.to);
    if (!number) return undefined;
    const message = this.keep({ ...settings, direction: 'inbound' });
    const { from, to, body } = settings;
    const reply = this.services.knowsKeywords ? this.optOuts.note(to, from, body) : null;
    // Its own answer goes out also to somebody who has just told it to stop.
    if (reply !== null) this.deliver(this.keep({ to: from, from: to, body: reply, direction: 'outbound-reply' }));
    const target = number.smsTarget();
    if (target) {
      this.tell(message, target, number.smsFallbackTarget()).catch((error: unknown) => {
        this.services.log('sms.trouble', { sid: message.sid, error: String(error) });
      });
    }
    return message;
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private keep(settings: MessageSettings): Message {
    const message = new Message(settings, this.services.clock.nowMs());
    this.messages.set(message.sid, message);
    for (const sid of [...this.messages.keys()].slice(0, Math.max(0, this.messages.size - MAX_MESSAGES))) {
      this.messages.delete(sid);
    }
    return message;
  }

  private deliver(message: Message): void {
    this.move(message, 'sent');
    this.arrive(message);
  }

  private arrive(message: Message): void {
    const { to, from, body } = message.settings;
    if (behaviourOf(to) === 'no-answer') {
      message.errorCode = UNREACHABLE_HANDSET;
      this.move(message, 'undelivered');
      return;
    }
    this.move(message, 'delivered');
    // One of our own numbers.
    this.receive({ from, to, body });
  }

  private move(message: Message, status: MessageStatus): void {
    const nowMs = this.services.clock.nowMs();
    message.status = status;
    message.updatedAtMs = nowMs;
    if (status === 'sent') message.sentAtMs = nowMs;
    const { statusCallback, to, from } = message.settings;
    if (!statusCallback) return;
    const fields: FormFields = [
      ['SmsSid', message.sid],
      ['SmsStatus', status],
      ['MessageStatus', status],
      ['To', to],
      ['MessageSid', message.sid],
      ['AccountSid', this.services.accountSid],
      ['From', from],
      ['ApiVersion', '2010-04-01'],
      ...(message.errorCode === null ? [] : ([['ErrorCode', String(message.errorCode)]] as const)),
    ];
    const view = this.view(message, statusCallback, status);
    this.services.webhooks.notify({ number: to, about: message.sid }, statusCallback, { fields }, view);
  }

  /** Asks the platform what to do with a text that came in, and does it; where that fails, once more elsewhere. */
  private async tell(message: Message, target: WebhookTarget, fallback?: WebhookTarget): Promise<void> {
    const { from, to, body } = message.settings;
    const site = { number: from };
    const view = this.view(message, target, 'received');
    if (this.services.faults.take('twilio', 'lose_webhook', site)) {
      view.error = 'Lost on purpose (fault lose_webhook).';
      return;
    }
    const times = this.services.faults.take('twilio', 'repeat_webhook', site) ? 2 : 1;
    const place = (side: string, e164: string) =>
      Object.entries(placeOf(e164)).map(([name, value]) => [side + name, value] as const);
    const fields: FormFields = [
      ['ToCountry', placeOf(to).Country],
      ['MessageSid', message.sid],
      ['SmsMessageSid', message.sid],
      ['SmsSid', message.sid],
      ['AccountSid', this.services.accountSid],
      ['From', from],
      ['To', to],
      ['Body', body],
      ['NumMedia', '0'],
      ['NumSegments', String(message.segments)],
      ['SmsStatus', 'received'],
      ['ApiVersion', '2010-04-01'],
      ...place('From', from),
      ...place('To', to).filter(([name]) => name !== 'ToCountry'),
    ];
    for (let time = 0; time < times; time += 1) {
      const isTaken = await this.ask(message, target, fields, view);
      if (isTaken || fallback === undefined) continue;
      await this.ask(message, fallback, fields, this.view(message, fallback, 'received'));
    }
  }

  private async ask(message: Message, target: WebhookTarget, fields: FormFields, view: WebhookView): Promise<boolean> {
    try {
      const answer = await this.services.webhooks.request(target, fields, view);
      if (answer.status < 300) this.reply(message, answer.contentType, answer.body);
      else view.error = `The answer had status ${answer.status}.`;
      return answer.status < 300;
    } catch (error) {
      if (!(error instanceof WebhookFailed)) throw error;
      return false;
    }
  }

  private reply({ settings: { from: person, to: own } }: Message, contentType: string, answer: string): void {
    for (const body of repliesIn(contentType, answer)) {
      try {
        this.send({ to: person, from: own, body, direction: 'outbound-reply' });
      } catch (error) {
        if (!(error instanceof TwilioRefusal)) throw error;
        this.services.log('sms.refused', { code: error.code, message: error.message });
      }
    }
  }

  private view(message: Message, target: WebhookTarget, event: string): WebhookView {
    const view: WebhookView = { url: target.url, event, status: null, attempts: 0 };
    message.webhooks.push(view);
    return view;
  }

  private after(step: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      step();
    }, this.services.stepMs);
    this.timers.add(timer);
  }
}

/** What a webhook answers with: TwiML, or a text as it is. */
function repliesIn(contentType: string, answer: string): string[] {
  if (!/xml|html/i.test(contentType)) return answer.trim() === '' ? [] : [answer.trim()];
  try {
    return parseTwiml(answer)
      .filter(({ name }) => name === 'Message')
      .map(bodyOf)
      .filter((body) => body !== '');
  } catch (error) {
    if (error instanceof BadTwiml) return [];
    throw error;
  }
}

function bodyOf({ text, children }: TwimlElement): string {
  return children.find(({ name }) => name === 'Body')?.text ?? text;
}
