import { statSync } from 'node:fs';
import { readEncryptionKeys, type EncryptionKey, type EncryptionKeySource } from './encryption-key.ts';

/** The keys of a program: the first seals, the others only open what was sealed before. */
export interface KeyRing {
  current(): EncryptionKey;
  find(keyId: string): EncryptionKey | undefined;
  all(): readonly EncryptionKey[];
}

const LOOK_EVERY_MS = 2_000;

/**
 * Keys that are read again when their file changes, so that a running gateway opens what another program has sealed
 * with a newer key, and soon seals with it too. A file that cannot be read then changes nothing: the keys at hand open
 * what they opened before.
 */
export function createKeyRing(keys: readonly EncryptionKey[], source: EncryptionKeySource): KeyRing {
  let ring = keys;
  let lookedAtMs = -Infinity;
  let seen = versionOf(source.file);
  const look = (everyMs: number): void => {
    if (source.file === undefined || source.base64) return;
    const nowMs = performance.now();
    if (nowMs - lookedAtMs < everyMs) return;
    lookedAtMs = nowMs;
    const version = versionOf(source.file);
    if (version === undefined || version === seen) return;
    try {
      ring = readEncryptionKeys(source) ?? ring;
      seen = version;
    } catch {
      // Half written, or broken: looked at again, and said at the next start.
    }
  };
  const find = (keyId: string): EncryptionKey | undefined => ring.find((key) => key.keyId === keyId);
  return {
    current() {
      look(LOOK_EVERY_MS);
      return ring[0] as EncryptionKey;
    },
    find(keyId) {
      const found = find(keyId);
      if (found) return found;
      // At once: a value may be sealed with a key of this very moment. Made-up ids cost a look at the file's time.
      look(0);
      return find(keyId);
    },
    all: () => ring,
  };
}

function versionOf(file: string | undefined): string | undefined {
  try {
    const { mtimeMs, ino, size } = statSync(file as string);
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return undefined;
  }
}
