import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Models whose rows go when their grant is revoked. */
const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

interface Row {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/**
 * Where the provider keeps sessions, logins and codes: a map for the life of one provider. The library's own in-memory
 * adapter is shared by all providers of a process, which would let one test redeem another's codes, and it warns.
 */
export function createMemoryAdapter(): (model: string) => Adapter {
  const rows = new Map<string, Row>();
  const find = (accepts: (payload: AdapterPayload) => boolean, model: string): AdapterPayload | undefined => {
    for (const [key, row] of rows) {
      if (row.expiresAtMs <= Date.now()) rows.delete(key);
      else if (key.startsWith(`${model}:`) && accepts(row.payload)) return row.payload;
    }
    return undefined;
  };
  return (model) => ({
    async upsert(id, payload, expiresIn) {
      rows.set(`${model}:${id}`, { payload, expiresAtMs: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
    },
    async find(id) {
      const row = rows.get(`${model}:${id}`);
      return row && row.expiresAtMs > Date.now() ? row.payload : undefined;
    },
    findByUid: async (uid) => find((payload) => payload.uid === uid, model),
    findByUserCode: async (userCode) => find((payload) => payload.userCode === userCode, model),
    async consume(id) {
      const row = rows.get(`${model}:${id}`);
      if (row) row.payload.consumed = Math.floor(Date.now() / 1000);
    },
    async destroy(id) {
      rows.delete(`${model}:${id}`);
    },
    async revokeByGrantId(grantId) {
      for (const [key, row] of rows)
        if (GRANTABLE.has(key.slice(0, key.indexOf(':'))) && row.payload.grantId === grantId) rows.delete(key);
    },
  });
}
