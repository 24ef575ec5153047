import type { EntityManager } from 'typeorm';
import { AUDIT_COLUMNS, AUDIT_FIELDS, auditColumnType, type AuditValue } from './audit-row.ts';

/** Rows of one INSERT. Few sizes, so that SQLite's prepared statements are found again; the rest goes one by one. */
const GROUP_SIZES = [64, 8, 1];

const quote = (name: string): string => `"${name}"`;
const columns = AUDIT_COLUMNS.map(quote).join(', ');
const set = AUDIT_COLUMNS.filter((column) => column !== 'audit_id')
  .map((column) => `${quote(column)} = excluded.${quote(column)}`)
  .join(', ');
/** A late or repeated start record must not undo a completed one. */
const onConflict = `ON CONFLICT (audit_id) DO UPDATE SET ${set} WHERE excluded.stage <> 'ResponseStarted'`;

// Raw SQL on purpose: TypeORM's insert builder costs several times what the insert itself does, for each row.

/**
 * PostgreSQL: saves records, or completes those that are there. One parameter for the whole batch, as of
 * `encodeAuditObjects`: binding 35 for each row took 14 µs of the event loop a record, this a quarter.
 */
export async function insertAuditObjects(manager: EntityManager, objects: string): Promise<void> {
  await manager.query(JSON_INSERT, [objects]);
}
const JSON_INSERT = `INSERT INTO audit_events (${columns}) SELECT ${AUDIT_FIELDS.map(quote).join(', ')}
  FROM json_to_recordset($1::json) AS rows(${AUDIT_FIELDS.map((field, at) => `${quote(field)} ${auditColumnType(AUDIT_COLUMNS[at] as string)}`).join(', ')}) WHERE true ${onConflict}`;

/** SQLite: the same for rows, in order. */
export async function insertAuditRows(manager: EntityManager, rows: readonly AuditValue[][]): Promise<void> {
  let at = 0;
  for (const size of GROUP_SIZES) {
    while (rows.length - at >= size) {
      await manager.query(GROUP_INSERTS[size] as string, rows.slice(at, at + size).flat());
      at += size;
    }
  }
}
const places = `(${AUDIT_COLUMNS.map(() => '?').join(', ')})`;
const GROUP_INSERTS: Readonly<Record<number, string>> = Object.fromEntries(
  GROUP_SIZES.map((size) => [
    size,
    `INSERT INTO audit_events (${columns}) VALUES ${Array.from({ length: size }, () => places).join(', ')} ${onConflict}`,
  ]),
);
