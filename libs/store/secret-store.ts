import type { SecretStore } from '#resources';
import type { Database } from './database.ts';
import { SecretEntity } from './entities/secret.ts';
import { openRow, type SealContext, type Sealer } from './sealer.ts';

export function secretContext(uid: string, field: string, binding: string): SealContext {
  return { table: 'secrets', row: uid, field, binding };
}

/** Gives a secret only to who names what it is bound to. */
export function createSecretStore(database: Database, sealer: Sealer): SecretStore {
  return {
    read: async (kind, uid, field, binding) => {
      const row = await database.run((manager) => manager.findOneBy(SecretEntity, { objectUid: uid, field }));
      if (!row || row.kind !== kind || row.binding !== binding) return undefined;
      return openRow(sealer, row.sealed, secretContext(uid, field, binding));
    },
  };
}
