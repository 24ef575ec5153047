import { keyFromBytes, type EncryptionKey, type EncryptionKeySource } from './encryption-key.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import type { StoreHandover } from './store.ts';

export function handOver(
  engine: StoreHandover['engine'],
  schemaVersion: string,
  keys: readonly EncryptionKey[],
  source: EncryptionKeySource,
): StoreHandover {
  const keyFile = source.base64 ? undefined : source.file;
  return { engine, schemaVersion, keys: keys.map(({ key }) => key.export()), ...(keyFile ? { keyFile } : {}) };
}

/** The same keys in another process; what changes in their file is seen there, too. */
export const ringOf = ({ keys, keyFile }: StoreHandover): KeyRing =>
  createKeyRing(
    keys.map((bytes) => keyFromBytes(Buffer.from(bytes))),
    keyFile === undefined ? {} : { file: keyFile },
  );
