import type { EntityManager } from 'typeorm';
import type { AuditFilter, AuditPage } from '#audit';
import type { AuditRecord } from '#model';
import { readContinue, writeContinue } from './audit-continue.ts';
import { AUDIT_COLUMNS, fromAuditRow, toAuditText, type AuditValue } from './audit-row.ts';
import type { Database } from './database.ts';

const columns = AUDIT_COLUMNS.map((column) => `e.${column}`).join(', ');
type Place = (at: number) => string;

/** One page of what a filter selects, newest first. @throws GatehouseError invalid, for a `continue` that is none. */
export async function listAudit(database: Database, filter: AuditFilter): Promise<AuditPage> {
  const limit = Math.max(1, Math.trunc(filter.limit));
  const { engine } = database;
  if (engine === 'sqlite' && filter.user !== undefined)
    return await database.transaction((manager) => listOfPerson(manager, filter, limit), { snapshot: true });
  const { where, values } = conditions(filter, engine === 'postgres' ? (at) => `$${at}` : () => '?', 'e');
  return await database.run(async (manager) =>
    toPage(await query(manager, 'audit_log e', where, values, 'e.received_at_ms', limit), limit),
  );
}

/**
 * Of a person, in SQLite: what `audit_people` has entered, and what came since (see audit-people.ts), each in its own
 * order. Both are read at the same moment, so that nothing moves from one to the other in between.
 */
async function listOfPerson(manager: EntityManager, filter: AuditFilter, limit: number): Promise<AuditPage> {
  const entered = conditions(filter, () => '?', 'p');
  const recent = conditions(filter, () => '?', 'e');
  const found = [
    ...(await query(
      manager,
      'audit_people p CROSS JOIN audit_log e ON e.seq = p.seq',
      entered.where,
      entered.values,
      'p.received_at_ms',
      limit,
    )),
    ...(await query(
      manager,
      // Else SQLite would walk the whole index by time for somebody who has not been here lately.
      'audit_log e NOT INDEXED',
      `${recent.where} AND e.seq > (SELECT seq FROM audit_people_upto)`,
      recent.values,
      'e.received_at_ms',
      limit,
    )),
  ];
  return toPage(found.sort(newestFirst), limit);
}

async function query(
  manager: EntityManager,
  from: string,
  where: string,
  values: readonly AuditValue[],
  time: string,
  limit: number,
): Promise<AuditRecord[]> {
  const sql = `SELECT ${columns} FROM ${from}${where} ORDER BY ${time} DESC, e.audit_id DESC LIMIT ${limit + 1}`;
  return ((await manager.query(sql, [...values])) as Record<string, unknown>[]).map(fromAuditRow);
}

function newestFirst(a: AuditRecord, b: AuditRecord): number {
  if (a.receivedAtMs !== b.receivedAtMs) return b.receivedAtMs - a.receivedAtMs;
  return a.auditId < b.auditId ? 1 : a.auditId > b.auditId ? -1 : 0;
}

/** @param keyed where person and time are looked up: `e`, the record itself, or `p`, its entry in `audit_people`. */
function conditions(filter: AuditFilter, place: Place, keyed: 'e' | 'p'): { where: string; values: AuditValue[] } {
  const values: AuditValue[] = [];
  const add = (value: AuditValue): string => place(values.push(value));
  const { user: username, issuer, verb, namespace, resource, cluster, decision } = filter;
  const equal = { username, issuer, verb, namespace, resource, cluster, decision };
  const parts = Object.entries(equal).flatMap(([column, value]) =>
    value === undefined
      ? []
      : [`${column === 'username' ? keyed : 'e'}.${column} = ${add(toAuditText(column as keyof typeof equal, value))}`],
  );
  const time = `${keyed}.received_at_ms`;
  if (filter.since !== undefined) parts.push(`${time} >= ${add(Math.ceil(filter.since))}`);
  if (filter.until !== undefined) parts.push(`${time} < ${add(Math.ceil(filter.until))}`);
  if (filter.continue !== undefined) {
    const after = readContinue(filter.continue);
    if (keyed === 'p') parts.push(`${time} <= ${add(after.receivedAtMs)}`);
    parts.push(`(e.received_at_ms, e.audit_id) < (${add(after.receivedAtMs)}, ${add(after.auditId)})`);
  }
  return { where: parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : '', values };
}

function toPage(records: AuditRecord[], limit: number): AuditPage {
  const items = records.slice(0, limit);
  const last = items.at(-1);
  return records.length > limit && last ? { items, continue: writeContinue(last) } : { items };
}
