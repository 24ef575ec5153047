import { timingSafeEqual } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Database } from './database.ts';
import {
  createEncryptionKeyFile,
  readEncryptionKeys,
  type EncryptionKey,
  type EncryptionKeySource,
} from './encryption-key.ts';
import { EncryptionKeyEntity } from './entities/encryption-key.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { lockRevision } from './revision.ts';
import { countByKey, SEALED_TABLES } from './sealed-tables.ts';
import { StoreStartError } from './start-error.ts';

/**
 * The keys that this database is sealed with: each that any value needs must be at hand. Makes one only with SQLite and
 * only while nothing is sealed: a key made beside sealed rows would turn a lost key into silently lost secrets.
 * @param allowLost opens all the same, for whoever discards what cannot be opened.
 * @throws StoreStartError encryptionKeyMissing, encryptionKeyWeak, encryptionKeyWrong.
 */
export async function checkKey(
  database: Database,
  source: EncryptionKeySource,
  nowMs: number,
  allowLost = false,
): Promise<KeyRing> {
  const given = readEncryptionKeys(source);
  return await database.transaction(async (manager) => {
    // One program at a time: two that start together on an empty database must end up with one key.
    await lockRevision(manager, 'both');
    const used = await findUsedKeys(manager);
    const keys = given ?? [make(database, source, used.size > 0 && !allowLost)];
    const ring = createKeyRing(keys, source);
    const known = await manager.find(EncryptionKeyEntity);
    const isOther = ({ keyId, checkValue }: EncryptionKey): boolean =>
      known.some((row) => row.keyId === keyId && !sameText(row.checkValue, checkValue));
    const lost = [...used].filter((keyId) => !keys.some((key) => key.keyId === keyId && !isOther(key)));
    if (lost.length > 0 && !allowLost) {
      throw new StoreStartError(
        'encryptionKeyWrong',
        `the database holds secrets sealed with another encryption key (id ${lost.join(', ')}; ${keys.length === 1 ? 'the one given has id' : 'those given have ids'} ${keys.map(({ keyId }) => keyId).join(', ')}); give the key that they were sealed with, by GATEHOUSE_ENCRYPTION_KEY or the key file, or restore it from a backup. Is it lost for good? gatehouse keys discard-lost says what is lost with it`,
      );
    }
    if (used.size === 0) await manager.createQueryBuilder().delete().from(EncryptionKeyEntity).execute();
    for (const { keyId, checkValue } of keys)
      if (!(await manager.existsBy(EncryptionKeyEntity, { keyId })))
        await manager.insert(EncryptionKeyEntity, { keyId, checkValue, createdAtMs: nowMs });
    return ring;
  });
}

/** Ids of the keys that the values in the database are sealed with. */
async function findUsedKeys(manager: EntityManager): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  for (const table of SEALED_TABLES) for (const keyId of (await countByKey(manager, table)).keys()) used.add(keyId);
  return used;
}

function make(database: Database, source: EncryptionKeySource, sealed: boolean): EncryptionKey {
  if (sealed) {
    throw new StoreStartError(
      'encryptionKeyMissing',
      `the database holds sealed secrets and the encryption key is missing; set GATEHOUSE_ENCRYPTION_KEY or put the key file back${source.file ? ` at ${source.file}` : ''}`,
    );
  }
  if (database.engine === 'postgres' || source.file === undefined) {
    throw new StoreStartError(
      'encryptionKeyMissing',
      `an encryption key is needed${database.engine === 'postgres' ? ' with PostgreSQL, the same on every replica' : ''}; make one with: openssl rand -base64 32, and give it as GATEHOUSE_ENCRYPTION_KEY or in a file (encryptionKeyFile)`,
    );
  }
  return createEncryptionKeyFile(source.file);
}

function sameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
