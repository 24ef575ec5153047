import type { AuditFilter, AuditPage, AuditStore } from '#audit';
import type { AuditRecord } from '#model';
import { decodeAuditBatch, encodeAuditBatch, encodeAuditObjects } from './audit-batch.ts';
import { AUDIT_COLUMNS, fromAuditRow, toAuditText, type AuditValue } from './audit-row.ts';
import { completeAbandoned } from './complete-abandoned.ts';
import { readContinue, writeContinue } from './audit-continue.ts';
import { countRuleUse } from './audit-rule-use.ts';
import { insertAuditObjects, insertAuditRows } from './audit-insert.ts';
import type { Database } from './database.ts';

/** What SQLite's own thread has beside the port: records come to it encoded. */
export interface LocalAuditStore extends AuditStore {
  /** Batches of `encodeAuditBatch`, from one worker or from several, in one transaction. SQLite only. */
  appendBatches(batches: readonly string[]): Promise<void>;
}

export function createAuditStore(database: Database): LocalAuditStore {
  const columns = AUDIT_COLUMNS.map((column) => `"${column}"`).join(', ');
  const place = database.engine === 'postgres' ? (at: number) => `$${at}` : () => '?';
  const appendBatches = async (batches: readonly string[]): Promise<void> => {
    const rows = batches.flatMap(decodeAuditBatch);
    await database.transaction((manager) => insertAuditRows(manager, rows));
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
    list: async (filter) => {
      const { where, values } = conditions(filter, place);
      const limit = Math.max(1, Math.trunc(filter.limit));
      const sql = `SELECT ${columns} FROM audit_events${where} ORDER BY received_at_ms DESC, audit_id DESC LIMIT ${limit + 1}`;
      const rows = (await database.run((manager) => manager.query(sql, values))) as Record<string, unknown>[];
      return toPage(rows.map(fromAuditRow), limit);
    },
    completeAbandoned: (gateway, lostWorkers, nowMs) => completeAbandoned(database, gateway, lostWorkers, nowMs),
    get: async (auditId) => {
      const sql = `SELECT ${columns} FROM audit_events WHERE audit_id = ${place(1)}`;
      const [row] = (await database.run((manager) => manager.query(sql, [toAuditText('auditId', auditId)]))) as Record<
        string,
        unknown
      >[];
      return row ? fromAuditRow(row) : undefined;
    },
    useOfRules: async (since) => await database.run((manager) => countRuleUse(manager, place(1), since)),
  };
}

/** PostgreSQL cannot update a row twice in one statement; of two records of one request the later one stands. */
function lastOfEach(records: readonly AuditRecord[]): AuditRecord[] {
  const byId = new Map<string, AuditRecord>();
  for (const record of records) {
    const before = byId.get(record.auditId);
    if (!before || record.stage !== 'ResponseStarted') byId.set(record.auditId, record);
  }
  return [...byId.values()];
}

function conditions(filter: AuditFilter, place: (at: number) => string): { where: string; values: AuditValue[] } {
  const values: AuditValue[] = [];
  const add = (value: AuditValue): string => place(values.push(value));
  const { user: username, issuer, verb, namespace, resource, cluster, decision } = filter;
  const equal = { username, issuer, verb, namespace, resource, cluster, decision };
  const parts = Object.entries(equal).flatMap(([column, value]) =>
    value === undefined ? [] : [`"${column}" = ${add(toAuditText(column as keyof typeof equal, value))}`],
  );
  if (filter.since !== undefined) parts.push(`received_at_ms >= ${add(Math.ceil(filter.since))}`);
  if (filter.until !== undefined) parts.push(`received_at_ms < ${add(Math.ceil(filter.until))}`);
  if (filter.continue !== undefined) {
    const after = readContinue(filter.continue);
    parts.push(`(received_at_ms, audit_id) < (${add(after.receivedAtMs)}, ${add(after.auditId)})`);
  }
  return { where: parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : '', values };
}

function toPage(records: AuditRecord[], limit: number): AuditPage {
  const items = records.slice(0, limit);
  const last = items.at(-1);
  return records.length > limit && last ? { items, continue: writeContinue(last) } : { items };
}
