import type { Database } from './database.ts';

/** Advisory locks of this class say which gateways run; `live` in ASCII. */
const ALIVE_LOCK = 0x6c697665;

/**
 * Taken on the connection that listens for changes, and gone with it. Shared, so that it never waits for a former
 * connection of the same gateway that the server has not yet given up.
 */
export const holdAliveLock = (gateway: string): { text: string; values: unknown[] } => ({
  text: `SELECT pg_advisory_lock_shared(${ALIVE_LOCK}, hashtext($1))`,
  values: [gateway],
});

/** Text functions that both databases have; `annotations` is a JSON object, and a start record has no end. */
const complete = (place: (at: number) => string): string => `UPDATE audit_log SET stage = 'Panic',
  completed_at_ms = ${place(1)}, duration_ms = ${place(2)} - received_at_ms,
  annotations = CASE WHEN annotations = '{}' THEN '{"aborted":"gateway"}' ELSE '{"aborted":"gateway",' || substr(annotations, 2) END
  WHERE completed_at_ms IS NULL AND served_by = ${place(3)}`;

/** See the port. A SQLite file has one gateway at a time, so that every other one on it is gone. */
export async function completeAbandoned(
  database: Database,
  gateway: string,
  lostWorkers: readonly number[],
  nowMs: number,
): Promise<number> {
  const place = database.engine === 'postgres' ? (at: number) => `$${at}` : () => '?';
  const lost = lostWorkers.map((worker) => `${gateway}/${worker}`);
  const isLost = async (servedBy: string): Promise<boolean> => {
    const other = servedBy.replace(/\/\d+$/, '');
    if (other === gateway) return lost.includes(servedBy);
    return database.engine === 'sqlite' || !(await isAlive(database, other));
  };
  const rows = (await database.run((manager) =>
    manager.query(`SELECT DISTINCT served_by FROM audit_log WHERE completed_at_ms IS NULL`),
  )) as { served_by: string }[];
  let found = 0;
  for (const { served_by: servedBy } of rows) {
    if (!(await isLost(servedBy))) continue;
    found += 1;
    await database.run((manager) => manager.query(complete(place), [nowMs, nowMs, servedBy]));
  }
  return found;
}

/** Nobody holds the lock of a gateway that is gone; it is given back as the statement ends. */
async function isAlive(database: Database, gateway: string): Promise<boolean> {
  const [row] = (await database.run((manager) =>
    manager.query(`SELECT pg_try_advisory_xact_lock(${ALIVE_LOCK}, hashtext($1)) AS free`, [gateway]),
  )) as { free: boolean }[];
  return row?.free !== true;
}
