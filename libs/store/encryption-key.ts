import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreStartError } from './start-error.ts';

export interface EncryptionKeySource {
  /** `GATEHOUSE_ENCRYPTION_KEY`: base64 of 32 bytes; wins over the file. Several, apart by blanks, commas or lines: see `KeyRing`. */
  readonly base64?: string | undefined;
  /** Holds the same. Made (0600) at the first start with SQLite, if nothing is sealed yet. */
  readonly file?: string | undefined;
}

export interface EncryptionKey {
  readonly key: KeyObject;
  /** Derived from the key, so that it names the same key on every replica. */
  readonly keyId: string;
  /** Kept in the database: tells at the start that a key is another one. */
  readonly checkValue: string;
}

const KEY_BYTES = 32;
const HOW_TO_MAKE = 'make one with: openssl rand -base64 32';

/**
 * The keys from environment or file, the first the current one, or undefined where neither is there.
 * @throws StoreStartError encryptionKeyWeak, encryptionKeyMissing (a file that is there and cannot be read).
 */
export function readEncryptionKeys(source: EncryptionKeySource): readonly EncryptionKey[] | undefined {
  if (source.base64 !== undefined && source.base64 !== '') return parseKeys(source.base64, 'GATEHOUSE_ENCRYPTION_KEY');
  if (source.file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(source.file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StoreStartError(
      'encryptionKeyMissing',
      `the encryption key file ${source.file} cannot be read; make it readable for this user`,
      { cause },
    );
  }
  return parseKeys(text, source.file);
}

export const makeKeyText = (): string => randomBytes(KEY_BYTES).toString('base64');

/** Makes the key file, or reads the one that another program made in the same moment. */
export function createEncryptionKeyFile(file: string): EncryptionKey {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let handle: number;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (cause) {
    const other = (cause as NodeJS.ErrnoException).code === 'EEXIST' ? readEncryptionKeys({ file })?.[0] : undefined;
    if (other) return other;
    throw new StoreStartError(
      'encryptionKeyMissing',
      `the encryption key file ${file} cannot be made; make its folder writable, or set GATEHOUSE_ENCRYPTION_KEY`,
      { cause },
    );
  }
  const text = makeKeyText();
  try {
    writeSync(handle, `${text}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return parseKey(text, file);
}

function parseKeys(text: string, from: string): readonly EncryptionKey[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  return (words.length === 0 ? [''] : words).map((word) => parseKey(word, from));
}

export function keyFromBytes(bytes: Buffer): EncryptionKey {
  const derive = (purpose: string) => createHmac('sha256', bytes).update(`gatehouse ${purpose}`).digest('hex');
  return { key: createSecretKey(bytes), keyId: derive('key id').slice(0, 16), checkValue: derive('key check') };
}

function parseKey(text: string, from: string): EncryptionKey {
  const trimmed = text.trim();
  const bytes = Buffer.from(trimmed, 'base64');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed) || bytes.length !== KEY_BYTES) {
    throw new StoreStartError(
      'encryptionKeyWeak',
      `the encryption key in ${from} must be base64 of exactly ${KEY_BYTES} bytes; ${HOW_TO_MAKE}`,
    );
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw new StoreStartError(
      'encryptionKeyWeak',
      `the encryption key in ${from} is one byte repeated, which anybody can guess; ${HOW_TO_MAKE}`,
    );
  }
  return keyFromBytes(bytes);
}
