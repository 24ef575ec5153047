import type { AuditStore } from '#audit';
import type { AuditRecord } from '#model';
import { decodeAuditBatch, encodeAuditBatch, encodeAuditObjects } from './audit-batch.ts';
import { insertAuditObjects, prepareAuditInsert } from './audit-insert.ts';
import { listAudit } from './audit-list.ts';
import { createPeopleIndex } from './audit-people.ts';
import { AUDIT_COLUMNS, fromAuditRow, toAuditText } from './audit-row.ts';
import { countRuleUse } from './audit-rule-use.ts';
import { completeAbandoned } from './complete-abandoned.ts';
import type { Database, SqliteConnection } from './database.ts';

/** What SQLite's own thread has beside the port: records come to it encoded. */
export interface LocalAuditStore extends AuditStore {
  /** Batches of `encodeAuditBatch`, from one worker or from several, in one transaction. SQLite only. */
  appendBatches(batches: readonly string[]): Promise<void>;
}

export function createAuditStore(database: Database): LocalAuditStore {
  const place = database.engine === 'postgres' ? (at: number) => `$${at}` : () => '?';
  let save: ((rows: readonly (string | null)[][]) => void) | undefined;
  const appendBatches = async (batches: readonly string[]): Promise<void> => {
    const rows = batches.flatMap(decodeAuditBatch);
    await database.run(async () => {
      // Not before the first: the thread that only reads has none, nor tables before the migrations.
      save ??= prepareSave(database.sqlite as SqliteConnection);
      save(rows);
    });
  };

  return {
    append: async (records) => {
      if (records.length === 0) return;
      if (database.engine === 'sqlite') return await appendBatches([await encodeAuditBatch(records)]);
      const objects = await encodeAuditObjects(lastOfEach(records));
      // One statement is a transaction by itself; BEGIN and COMMIT would be two more round trips.
      await database.run((manager) => insertAuditObjects(manager, objects));
    },
    appendBatches,
    list: (filter) => listAudit(database, filter),
    completeAbandoned: (gateway, lostWorkers, nowMs) => completeAbandoned(database, gateway, lostWorkers, nowMs),
    get: async (auditId) => {
      const sql = `SELECT ${AUDIT_COLUMNS.join(', ')} FROM audit_log WHERE audit_id = ${place(1)}`;
      const [row] = (await database.run((manager) => manager.query(sql, [toAuditText('auditId', auditId)]))) as Record<
        string,
        unknown
      >[];
      return row ? fromAuditRow(row) : undefined;
    },
    probe: async (nowMs) => {
      const sql = `INSERT INTO audit_probe VALUES (1, ${place(1)}) ON CONFLICT (id) DO UPDATE SET written_at_ms = excluded.written_at_ms`;
      await database.run((manager) => manager.query(sql, [nowMs]));
    },
    useOfRules: async (since) => await database.run((manager) => countRuleUse(manager, place(1), since)),
  };
}

function prepareSave(connection: SqliteConnection): (rows: readonly (string | null)[][]) => void {
  const insert = prepareAuditInsert(connection);
  const people = createPeopleIndex(connection);
  return (rows) => {
    insert(rows);
    people.added(rows.length);
  };
}

/** PostgreSQL cannot update a row twice in one statement; of two records of one request the later one stands. */
function lastOfEach(records: readonly AuditRecord[]): AuditRecord[] {
  const byId = new Map<string, AuditRecord>();
  for (const record of records) {
    const before = byId.get(record.auditId);
    if (!before || record.completedAtMs !== undefined) byId.set(record.auditId, record);
  }
  return [...byId.values()];
}
