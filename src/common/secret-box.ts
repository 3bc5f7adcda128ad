import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 'v1';
/** As NIST SP 800-38D advises for GCM. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_CHARACTERS = 8;

/** What was sealed cannot be opened: by none of the keys, or not in this place. */
export class CannotOpen extends Error {
  constructor(why: string) {
    super(`A stored secret cannot be read: ${why}`);
    this.name = 'CannotOpen';
  }
}

/**
 * Keeps secrets that must be read again, such as a calendar's tokens: AES-256-GCM, bound to the place where they are kept, so
 * that a ciphertext that is moved to another row or user opens nowhere else. Sealed it is one word:
 * `v1.<key id>.<nonce, ciphertext and tag in base64url>`.
 */
export class SecretBox {
  private readonly keys: ReadonlyMap<string, Buffer>;
  /** The key that seals. */
  readonly keyId: string;

  /**
   * @param masterKeys 32 bytes each; the first seals, all of them open
   * @param purpose keys of different purposes are different keys
   */
  constructor(masterKeys: readonly [Buffer, ...Buffer[]], purpose: string) {
    this.keys = new Map(
      masterKeys.map((master) => {
        const key = Buffer.from(hkdfSync('sha256', master, '', `speech-assistant/${purpose}`, 32));
        return [idOf(key), key];
      }),
    );
    this.keyId = [...this.keys.keys()][0] ?? '';
  }

  /** @param place where it is kept, such as `calendar_grants.refresh_token:12:7` */
  seal(secret: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key(this.keyId), nonce);
    cipher.setAAD(Buffer.from(`${VERSION}.${this.keyId}.${place}`));
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${this.keyId}.${sealed.toString('base64url')}`;
  }

  /** @throws CannotOpen */
  open(sealed: string, place: string): string {
    const [version, keyId = '', payload = ''] = sealed.split('.');
    if (version !== VERSION) throw new CannotOpen('it is not in a form that this version knows.');
    const bytes = Buffer.from(payload, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new CannotOpen('it is cut off.');
    const decipher = createDecipheriv('aes-256-gcm', this.key(keyId), bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(`${VERSION}.${keyId}.${place}`));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const opened = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
      return Buffer.concat(opened).toString('utf8');
    } catch {
      throw new CannotOpen('it was changed, or belongs somewhere else.');
    }
  }

  private key(keyId: string): Buffer {
    const key = this.keys.get(keyId);
    if (key === undefined) {
      throw new CannotOpen(`it was written with key ${keyId}, which is neither ENCRYPTION_KEY nor a previous one.`);
    }
    return key;
  }
}

/** Tells keys apart and tells nothing of them. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('key id').update(key).digest('hex').slice(0, KEY_ID_CHARACTERS);
}
