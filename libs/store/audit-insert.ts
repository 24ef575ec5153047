import type { EntityManager } from 'typeorm';
import { AUDIT_COLUMNS, auditColumnType, JSON_COLUMNS } from './audit-row.ts';
import type { SqliteConnection } from './database.ts';

const columns = AUDIT_COLUMNS.join(', ');
const set = AUDIT_COLUMNS.filter((column) => column !== 'audit_id')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');
/** A late or repeated start record, which has no end, must not undo a completed one. */
const onConflict = `ON CONFLICT (audit_id) DO UPDATE SET ${set} WHERE excluded.completed_at_ms IS NOT NULL`;

// Raw SQL on purpose: TypeORM's insert builder costs several times what the insert itself does, for each row.

/**
 * PostgreSQL: saves records, or completes those that are there. One parameter for the whole batch, as of
 * `encodeAuditObjects`: binding 35 for each row took 14 µs of the event loop a record, this a quarter.
 */
export async function insertAuditObjects(manager: EntityManager, objects: string): Promise<void> {
  await manager.query(JSON_INSERT, [objects]);
}
const JSON_INSERT = `INSERT INTO audit_log (${columns})
  SELECT ${AUDIT_COLUMNS.map((column) => (JSON_COLUMNS.has(column) ? `${column}::text` : column)).join(', ')}
  FROM json_to_recordset($1::json) AS rows(${AUDIT_COLUMNS.map((column) => `${column} ${JSON_COLUMNS.has(column) ? 'json' : auditColumnType(column)}`).join(', ')}) WHERE true ${onConflict}`;

/**
 * SQLite: the same for rows of `decodeAuditBatch`, in order, in one transaction. Past TypeORM, whose query runner took
 * longer for a row than SQLite, and one prepared statement run again and again, which is faster than one of many rows.
 * Few records complete one that is there, so that the statement that could is only run for them (1.5 µs a record).
 */
export function prepareAuditInsert(connection: SqliteConnection): (rows: readonly (string | null)[][]) => void {
  const values = `INTO audit_log (${columns}) VALUES (${AUDIT_COLUMNS.map(() => '?').join(', ')})`;
  const insert = connection.prepare(`INSERT OR IGNORE ${values}`);
  const complete = connection.prepare(`INSERT ${values} ${onConflict}`);
  const insertAll = connection.transaction((rows: readonly (string | null)[][]) => {
    // What was ignored for another reason than that the record is there fails here.
    for (const row of rows) if (insert.run(row).changes === 0) complete.run(row);
  });
  return (rows) => insertAll.immediate(rows);
}
