import type { EntityManager } from 'typeorm';
import { AUDIT_COLUMNS, auditColumnType, type AuditValue } from './audit-row.ts';
import type { Engine } from './database.ts';

/** Rows of one INSERT. Few sizes, so that SQLite's prepared statements are found again; the rest goes one by one. */
const GROUP_SIZES = [64, 8, 1];

/**
 * Saves rows, or completes those that are there. Raw SQL on purpose: TypeORM's insert builder costs several times what
 * the insert itself does, for each row of each request.
 */
export type InsertAuditRows = (manager: EntityManager, rows: readonly AuditValue[][]) => Promise<void>;

const quote = (column: string): string => `"${column}"`;
const columns = AUDIT_COLUMNS.map(quote).join(', ');
const set = AUDIT_COLUMNS.filter((column) => column !== 'audit_id')
  .map((column) => `${quote(column)} = excluded.${quote(column)}`)
  .join(', ');
/** A late or repeated start record must not undo a completed one. */
const onConflict = `ON CONFLICT (audit_id) DO UPDATE SET ${set} WHERE excluded.stage <> 'ResponseStarted'`;

export function auditInsertFor(engine: Engine): InsertAuditRows {
  return engine === 'postgres' ? insertAsJson : insertInGroups;
}

/** One parameter for the whole batch: binding 35 for each row took 14 µs of the event loop a record, this a quarter. */
const insertAsJson: InsertAuditRows = async (manager, rows) => {
  await manager.query(JSON_INSERT, [`[${rows.map(toJsonObject).join(',')}]`]);
};
const KEYS = AUDIT_COLUMNS.map((_, at) => `"c${at}":`);
const toJsonObject = (row: readonly AuditValue[]): string =>
  `{${row.map((value, at) => KEYS[at] + JSON.stringify(value)).join(',')}}`;
const JSON_INSERT = `INSERT INTO audit_events (${columns}) SELECT ${AUDIT_COLUMNS.map((_, at) => `c${at}`).join(', ')}
  FROM json_to_recordset($1::json) AS rows(${AUDIT_COLUMNS.map((column, at) => `c${at} ${auditColumnType(column)}`).join(', ')}) WHERE true ${onConflict}`;

const insertInGroups: InsertAuditRows = async (manager, rows) => {
  let at = 0;
  for (const size of GROUP_SIZES) {
    while (rows.length - at >= size) {
      await manager.query(GROUP_INSERTS[size] as string, rows.slice(at, at + size).flat());
      at += size;
    }
  }
};
const places = `(${AUDIT_COLUMNS.map(() => '?').join(', ')})`;
const GROUP_INSERTS: Readonly<Record<number, string>> = Object.fromEntries(
  GROUP_SIZES.map((size) => [
    size,
    `INSERT INTO audit_events (${columns}) VALUES ${Array.from({ length: size }, () => places).join(', ')} ${onConflict}`,
  ]),
);
