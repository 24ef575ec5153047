import { timingSafeEqual } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Database } from './database.ts';
import {
  createEncryptionKeyFile,
  readEncryptionKey,
  type EncryptionKey,
  type EncryptionKeySource,
} from './encryption-key.ts';
import { EncryptionKeyEntity } from './entities/encryption-key.ts';
import { SecretEntity } from './entities/secret.ts';
import { SessionEntity } from './entities/session.ts';
import { StoredTokenEntity } from './entities/stored-token.ts';
import { lockRevision } from './revision.ts';
import { StoreStartError } from './start-error.ts';

/**
 * The key that this database is sealed with. Makes one only with SQLite and only while nothing is sealed: a key made
 * beside sealed rows would turn a lost key into silently lost secrets.
 * @throws StoreStartError encryptionKeyMissing, encryptionKeyWeak, encryptionKeyWrong.
 */
export async function checkKey(database: Database, source: EncryptionKeySource, nowMs: number): Promise<EncryptionKey> {
  const given = readEncryptionKey(source);
  return await database.transaction(async (manager) => {
    // One program at a time: two that start together on an empty database must end up with one key.
    await lockRevision(manager);
    const sealed = await hasSealedRow(manager);
    const key = given ?? make(database, source, sealed);
    const known = await manager.find(EncryptionKeyEntity);
    const same = known.find((row) => row.keyId === key.keyId);
    if (same && sameText(same.checkValue, key.checkValue)) return key;
    if (sealed) {
      throw new StoreStartError(
        'encryptionKeyWrong',
        `the database holds secrets sealed with another encryption key (id ${known.map((row) => row.keyId).join(', ') || 'unknown'}; the one given has id ${key.keyId}); give the key that it was first started with, by GATEHOUSE_ENCRYPTION_KEY or the key file, or restore it from a backup`,
      );
    }
    await manager.createQueryBuilder().delete().from(EncryptionKeyEntity).execute();
    await manager.insert(EncryptionKeyEntity, { keyId: key.keyId, checkValue: key.checkValue, createdAtMs: nowMs });
    return key;
  });
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

async function hasSealedRow(manager: EntityManager): Promise<boolean> {
  for (const entity of [SecretEntity, StoredTokenEntity, SessionEntity]) {
    if (await manager.existsBy(entity, {})) return true;
  }
  return false;
}

function sameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
