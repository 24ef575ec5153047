import { Like, Not, type EntityManager } from 'typeorm';
import type { Database } from './database.ts';
import { EncryptionKeyEntity } from './entities/encryption-key.ts';
import type { KeyRing } from './key-ring.ts';
import type { RevisionWatchers } from './revision-watcher.ts';
import { bumpCredentials, bumpRevision, lockRevision } from './revision.ts';
import { countByKey, SEALED_TABLES, type SealedTable } from './sealed-tables.ts';
import type { Sealer } from './sealer.ts';

export interface SealedCount {
  readonly what: SealedTable['what'];
  readonly keyId: string;
  readonly count: number;
}

/** What `gatehouse keys` does with sealed values. */
export interface SealingStore {
  /** How many there are, by kind and key. */
  countSealed(): Promise<SealedCount[]>;
  /**
   * Seals up to so many values, which another key has sealed, with the current one. Answers how many it did: with 0
   * nothing is left. Where it is interrupted the next call goes on.
   * @throws Error where one does not open.
   */
  resealSome(most: number): Promise<number>;
  /** Deletes what no key at hand can open; answers how many of each kind. People stay, without their claims. */
  discardLost(): Promise<SealedCount[]>;
  /** Forgets the names of keys that nothing is sealed with. */
  forgetUnusedKeys(nowMs: number): Promise<void>;
}

export function createSealingStore(
  database: Database,
  ring: KeyRing,
  sealer: Sealer,
  watchers: RevisionWatchers,
): SealingStore {
  const count = async (manager: EntityManager): Promise<SealedCount[]> => {
    const counts: SealedCount[] = [];
    for (const table of SEALED_TABLES)
      for (const [keyId, each] of await countByKey(manager, table))
        counts.push({ what: table.what, keyId, count: each });
    return counts;
  };
  return {
    countSealed: () => database.run(count),
    resealSome: (most) =>
      database.transaction(async (manager) => {
        // What is being written meanwhile waits, or has been sealed before this looks.
        await lockRevision(manager, 'both');
        let done = 0;
        for (const { entity, property, contextOf, keyOf } of SEALED_TABLES) {
          if (done >= most) break;
          const where = { [property]: Not(Like(`gh1.${sealer.keyId}.%`)) };
          for (const row of await manager.find(entity, { where, take: most - done })) {
            const context = contextOf(row);
            const before = String(row[property]);
            const after = sealer.seal(sealer.open(before, context), context);
            // A row that was written anew since it was read has been sealed anew.
            await manager.update(entity, { ...keyOf(row), [property]: before }, { [property]: after });
            done += 1;
          }
        }
        return done;
      }),
    discardLost: async () => {
      const lost = await database.transaction(async (manager) => {
        await lockRevision(manager, 'both');
        const found = (await count(manager)).filter(({ keyId }) => !ring.find(keyId));
        for (const { what, keyId } of found) {
          const { entity, property, emptied, contextOf, keyOf } = SEALED_TABLES.find(
            (table) => table.what === what,
          ) as SealedTable;
          const where = { [property]: Like(`gh1.${keyId}.%`) };
          if (emptied === undefined) await manager.delete(entity, where);
          else
            for (const row of await manager.find(entity, { where }))
              await manager.update(entity, keyOf(row), {
                [property]: emptied === null ? null : sealer.seal(emptied, contextOf(row)),
              });
        }
        if (found.length === 0) return { found, configuration: 0, credentials: 0 };
        const configuration = await bumpRevision(database, manager);
        return { found, configuration, credentials: await bumpCredentials(database, manager, 'everyone') };
      });
      watchers.configuration.learned(lost.configuration);
      watchers.credentials.learned(lost.credentials);
      return lost.found;
    },
    forgetUnusedKeys: (nowMs) =>
      database.transaction(async (manager) => {
        await lockRevision(manager, 'both');
        const used = new Set((await count(manager)).map(({ keyId }) => keyId));
        const { keyId, checkValue } = ring.current();
        for (const row of await manager.find(EncryptionKeyEntity))
          if (row.keyId !== keyId && !used.has(row.keyId))
            await manager.delete(EncryptionKeyEntity, { keyId: row.keyId });
        if (!(await manager.existsBy(EncryptionKeyEntity, { keyId })))
          await manager.insert(EncryptionKeyEntity, { keyId, checkValue, createdAtMs: nowMs });
      }),
  };
}
