import type { Database } from './database.ts';
import { inSlices, jsonRows, lockInOrder } from './json-rows.ts';

export interface Use {
  readonly id: string;
  readonly atMs: number;
}

/** Writes when rows were used last, by id; an earlier time never replaces a later one. */
export async function noteLatest(
  database: Database,
  table: 'sessions' | 'access_tokens' | 'stored_tokens',
  column: 'last_seen_at_ms' | 'last_used_at_ms',
  uses: readonly Use[],
): Promise<void> {
  const sql = `UPDATE ${table} SET ${column} = used.at_ms
    FROM (SELECT value->>0 AS id, CAST(value->>1 AS bigint) AS at_ms FROM ${jsonRows(database)}) AS used
    WHERE ${table}.id = used.id AND (${column} IS NULL OR ${column} < used.at_ms)`;
  // In one order everywhere, so that two replicas do not wait for each other's rows.
  const sorted = [...uses].sort((one, other) => (one.id < other.id ? -1 : 1));
  await inSlices(sorted, async (slice) => {
    const rows = JSON.stringify(slice.map(({ id, atMs }) => [id, atMs]));
    await database.transaction(async (manager) => {
      await lockInOrder(database, manager, table, `${table}.id = value->>0`, rows);
      await manager.query(sql, [rows]);
    });
  });
}
