import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GatehouseError } from '#errors';
import type { KeyRing } from './key-ring.ts';

/** What a sealed value is bound to. Moved to another row, field or binding, it does not open. */
export interface SealContext {
  readonly table: string;
  readonly row: string;
  readonly field: string;
  /** Digest of what the secret may be sent to (server and CA, issuer url); '' where there is none. */
  readonly binding: string;
}

export interface Sealer {
  /** Names the key that new values are sealed with; safe to log. */
  readonly keyId: string;
  seal(clear: string, context: SealContext): string;
  /** @throws Error where the value was changed, moved, or sealed with another key. Says nothing about which. */
  open(sealed: string, context: SealContext): string;
}

const VERSION = 'gh1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce: safe up to 2^32 seals under one key, which is far more
 * than rows that a gateway will ever have. Form: `gh1.<key id>.<base64url of nonce, ciphertext, tag>`.
 */
export function createSealer(keys: KeyRing): Sealer {
  return {
    get keyId() {
      return keys.current().keyId;
    },
    seal(clear, context) {
      const { key, keyId } = keys.current();
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(additionalData(keyId, context));
      const body = Buffer.concat([nonce, cipher.update(clear, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${keyId}.${body.toString('base64url')}`;
    },
    open(sealed, context) {
      const [version, sealedWith, text, ...rest] = sealed.split('.');
      if (version !== VERSION || sealedWith === undefined || text === undefined || rest.length > 0) throw cannotOpen();
      const found = keys.find(sealedWith);
      if (!found) throw cannotOpen();
      const { key, keyId } = found;
      const body = Buffer.from(text, 'base64url');
      if (body.length < NONCE_BYTES + TAG_BYTES) throw cannotOpen();
      const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(additionalData(keyId, context));
      decipher.setAuthTag(body.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch {
        throw cannotOpen();
      }
    },
  };
}

/** JSON keeps the parts apart: no two contexts give the same bytes. */
function additionalData(keyId: string, { table, row, field, binding }: SealContext): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, table, row, field, binding]), 'utf8');
}

const cannotOpen = (): Error =>
  new Error('a sealed value does not open: it was changed, moved, or sealed with another key');

/** @throws GatehouseError internal: a row that does not open is no missing row, and never falls back to one. */
export function openRow(sealer: Sealer, sealed: string, context: SealContext): string {
  try {
    return sealer.open(sealed, context);
  } catch (cause) {
    throw new GatehouseError('internal', "a stored secret does not open; the gateway's admin finds more in its log", {
      cause,
    });
  }
}
