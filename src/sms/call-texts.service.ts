import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { ActionState } from '../calls/call-action.entity';
import { CallActions, NewAction, ToolUse } from '../calls/call-actions.service';
import { CallPermissionService } from '../calls/call-permission.service';
import { Call } from '../calls/call.entity';
import type { PhoneNumber } from '../calls/phone-number';
import { AppError } from '../common/app-error';
import type { Owner } from '../common/owner';
import { storedText } from '../common/stored-text';
import { Database } from '../database/database';
import { actionStateOf, outcomeOf, SEND_TEXT, textIdOf } from './call-text-outcome';
import type { SmsMessage } from './sms-message.entity';
import { SmsSenders } from './sms-senders.service';
import { SmsSending } from './sms-sending.service';
import { SmsOutcomeUnknown } from './sms.errors';

/** What came of it, in a sentence for the agent. */
export type TextAnswer = { ok: true; message: string } | { ok: false; error: string };

const MOST_TEXTS = 5;

const SENT: TextAnswer = { ok: true, message: 'The text is on its way.' };
const SENT_BEFORE: TextAnswer = { ok: true, message: 'This very text was sent on this call already, once.' };
const PERHAPS: TextAnswer = {
  ok: false,
  error: 'The carrier did not answer, so the text may have been sent. It is not sent again.',
};
const NO_NUMBER: TextAnswer = { ok: false, error: 'They show no number, so nothing can be texted to them.' };
const ENOUGH: TextAnswer = { ok: false, error: `At most ${MOST_TEXTS} texts are sent on a call.` };
const TROUBLE = { ok: false, error: 'No text can be sent at the moment.' } as const;

/**
 * What an agent texts while it talks: to whoever is on the line and nobody else. The same text is sent once on a call, also when
 * the agent says it again or goes on in another process; each is written down before the carrier is asked.
 */
@Injectable()
export class CallTexts {
  private readonly log = new Logger(CallTexts.name);

  constructor(
    private readonly db: Database,
    private readonly actions: CallActions,
    private readonly permission: CallPermissionService,
    private readonly senders: SmsSenders,
    private readonly sending: SmsSending,
  ) {}

  /** Nothing is thrown: what goes wrong is told in words. */
  async send(owner: Owner, use: ToolUse, body: string): Promise<TextAnswer> {
    try {
      return await this.sendNow(owner, use, storedText(body).trim());
    } catch (error) {
      this.log.warn({ msg: 'A text could not be sent on a call', call_id: use.callId, err: error });
      return error instanceof AppError ? { ok: false, error: error.detail } : TROUBLE;
    }
  }

  private async sendNow(owner: Owner, use: ToolUse, body: string): Promise<TextAnswer> {
    const { callId } = use;
    const call = await this.db.asOwner(owner, (tx) => tx.findOneBy(Call, { userId: owner.userId, id: callId }));
    const number = call === null ? null : this.permission.readOrNull(call.phoneNumber);
    if (call === null || number === null) return NO_NUMBER;
    const texts = (await this.actions.of(owner, callId)).filter(({ tool }) => tool === SEND_TEXT);
    const fingerprint = `${SEND_TEXT} ${hashOf(body)}`;
    const former = texts.filter((action) => action.fingerprint === fingerprint);
    if (former.some(({ state }) => state === 'done')) return SENT_BEFORE;
    if (former.some(({ state }) => state !== 'refused')) return PERHAPS;
    if (texts.filter(({ state }) => state !== 'refused').length >= MOST_TEXTS) return ENOUGH;
    // One that certainly was not sent may be tried again, under another id.
    const id = textIdOf(callId, fingerprint, former.length);
    const from = await this.senders.choose(owner, call.fromNumber);
    return this.sendAs(owner, use, { id, number, from, body, callId, fingerprint });
  }

  /** The journal and the ledger are written in one breath: an action that was begun has a text, and the text's end is its own. */
  private async sendAs(
    owner: Owner,
    use: ToolUse,
    {
      fingerprint,
      ...intent
    }: { id: string; number: PhoneNumber; from: string; body: string; callId: string; fingerprint: string },
  ): Promise<TextAnswer> {
    const kept = this.actions.kept(intent.body);
    const action = (state: ActionState, why?: string): NewAction => ({
      tool: SEND_TEXT,
      fingerprint,
      arguments: { body: kept, sms_id: intent.id },
      state,
      eventId: null,
      outcome: outcomeOf(state, kept, why),
    });
    try {
      const { sms, trouble, isNew } = await this.sending.sendOnce(
        owner,
        { ...intent, source: 'agent' },
        async (tx, row) => {
          const why = row.errorDetail === null ? undefined : this.actions.kept(row.errorDetail);
          await this.actions.beginIn(tx, owner, use, action(actionStateOf(row.sendState) ?? 'asked', why));
        },
      );
      if (!isNew) return answerOfEarlier(sms);
      if (trouble === null) return SENT;
      return trouble instanceof SmsOutcomeUnknown ? PERHAPS : { ok: false, error: trouble.detail };
    } catch (error) {
      // It may not be sent, and is not written down as a text.
      if (!(error instanceof AppError)) throw error;
      await this.actions.begin(owner, use, action('refused', this.actions.kept(error.detail)));
      return { ok: false, error: error.detail };
    }
  }
}

/** Another process, or another breath of the agent, has it. */
function answerOfEarlier({ sendState, errorDetail }: SmsMessage): TextAnswer {
  switch (actionStateOf(sendState)) {
    case 'done':
      return SENT_BEFORE;
    case 'refused':
      return { ok: false, error: errorDetail ?? TROUBLE.error };
    case 'unknown':
    case null:
      return PERHAPS;
  }
}

/** The same for what says the same. */
function hashOf(body: string): string {
  return createHash('sha256').update(body.toLowerCase().replace(/\s+/g, ' ')).digest('hex').slice(0, 32);
}
