import { CannotOpen } from '../common/secret-box';
import type { Database } from '../database/database';
import { Webhook } from './webhook.entity';
import type { WebhookSecrets } from './webhook-secrets';

export interface WebhookKeyRotation {
  /** Rows that were sealed anew. */
  resealed: number;
  /** Webhooks whose secrets none of the keys opens: their owners have to rotate them. */
  unreadable: number[];
}

/** Seals all signing secrets anew with the key of now. May be broken off and begun again, and servers may run beside it. */
export async function rotateWebhookKeys(db: Database, secrets: WebhookSecrets): Promise<WebhookKeyRotation> {
  const rotation: WebhookKeyRotation = { resealed: 0, unreadable: [] };
  let after = 0;
  for (;;) {
    const due = await db.lookup<{ user_id: number; id: number }>(
      'SELECT user_id, id FROM lookup_webhooks_of_other_keys($1, $2)',
      [secrets.keyId, after],
    );
    if (due.length === 0) return rotation;
    for (const { user_id: userId, id } of due) {
      try {
        if (await reseal(db, secrets, userId, id)) rotation.resealed++;
      } catch (error) {
        if (!(error instanceof CannotOpen)) throw error;
        rotation.unreadable.push(id);
      }
      after = id;
    }
  }
}

/** Those of users who are switched off too: they may come back. */
function reseal(db: Database, secrets: WebhookSecrets, userId: number, id: number): Promise<boolean> {
  return db.asNewOwner({ userId }, async (tx) => {
    const row = await tx.findOne(Webhook, { where: { userId, id }, lock: { mode: 'pessimistic_write' } });
    if (row === null || row.keyId === secrets.keyId) return false;
    await tx.update(Webhook, { userId, id }, secrets.reseal(row));
    return true;
  });
}
