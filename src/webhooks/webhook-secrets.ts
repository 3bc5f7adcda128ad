import { Inject, Injectable } from '@nestjs/common';
import { SecretBox } from '../common/secret-box';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { newSecret } from './signature';
import type { Webhook } from './webhook.entity';

type SecretColumn = 'secret' | 'previous_secret';
type Place = Pick<Webhook, 'id' | 'userId'>;
type Sealed = Pick<Webhook, 'id' | 'userId' | 'secret' | 'previousSecret'>;

/** What signs, sealed for its column, row and user. A row's secrets are all of one key. */
@Injectable()
export class WebhookSecrets {
  private readonly box: SecretBox;

  constructor(@Inject(APP_CONFIG) config: Pick<AppConfig, 'encryptionKeys'>) {
    this.box = new SecretBox(config.encryptionKeys, 'webhook-secrets');
  }

  /** The key that secrets are sealed with now. */
  get keyId(): string {
    return this.box.keyId;
  }

  /** A new one, and the columns that keep it. */
  make(row: Place): { secret: string; columns: Pick<Webhook, 'secret' | 'keyId'> } {
    const secret = newSecret();
    return { secret, columns: { secret: this.box.seal(secret, placeOf('secret', row)), keyId: this.keyId } };
  }

  /** A new one beside the one of now. @throws CannotOpen where that cannot be read */
  rotate(row: Sealed): { secret: string; columns: Pick<Webhook, 'secret' | 'previousSecret' | 'keyId'> } {
    const previous = this.box.open(row.secret, placeOf('secret', row));
    const { secret, columns } = this.make(row);
    return {
      secret,
      columns: { ...columns, previousSecret: this.box.seal(previous, placeOf('previous_secret', row)) },
    };
  }

  /** Those that sign, the one of now first. @throws CannotOpen */
  open(row: Sealed, previousSigns: boolean): string[] {
    const secrets = [this.box.open(row.secret, placeOf('secret', row))];
    if (previousSigns && row.previousSecret !== null) {
      secrets.push(this.box.open(row.previousSecret, placeOf('previous_secret', row)));
    }
    return secrets;
  }

  /** The same secrets, sealed with the key of now. @throws CannotOpen */
  reseal(row: Sealed): Pick<Webhook, 'secret' | 'previousSecret' | 'keyId'> {
    const again = (column: SecretColumn, sealed: string) =>
      this.box.seal(this.box.open(sealed, placeOf(column, row)), placeOf(column, row));
    return {
      secret: again('secret', row.secret),
      previousSecret: row.previousSecret === null ? null : again('previous_secret', row.previousSecret),
      keyId: this.keyId,
    };
  }
}

function placeOf(column: SecretColumn, { id, userId }: Place): string {
  return `webhooks.${column}:${id}:${userId}`;
}
