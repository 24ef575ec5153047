/**
 * What an audit record costs, in CPU microseconds, by thread: where requests are served, and where SQLite is written.
 *
 *   node --conditions=source test/bench/audit-cost.ts [postgres://…]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinStore, openStore, type Store } from '#store';
import { AUDIT_STORES } from './audit-stores.ts';
import { formatTable, rounded } from './print-table.ts';
import type { AuditCost } from './results.ts';
import { auditRecord, silentLog, TEST_KEY } from '../support/store-samples.ts';

const PEOPLE = 1000;
const BATCHES = 200;
/** 5,000 requests a second, committed every 20 ms. */
const BATCH = 100;
const WARM_UP = 40;

async function measure(store: Pick<Store, 'audit'>): Promise<AuditCost> {
  let made = 0;
  const batch = () =>
    Array.from({ length: BATCH }, () =>
      auditRecord({
        username: `demo:person-${(made++ * 7919) % PEOPLE}`,
        groups: ['demo:a', 'demo:b'],
        mappedGroups: ['demo:a', 'demo:b'],
      }),
    );
  for (let turn = 0; turn < WARM_UP; turn += 1) await store.audit.append(batch());
  const batches = Array.from({ length: BATCHES }, batch);
  const process0 = process.cpuUsage();
  const thread0 = process.threadCpuUsage();
  for (const records of batches) await store.audit.append(records);
  const thread = process.threadCpuUsage(thread0);
  const all = process.cpuUsage(process0);
  const caller = (thread.user + thread.system) / BATCHES / BATCH;
  return { caller, others: (all.user + all.system) / BATCHES / BATCH - caller };
}

/** By store: SQLite in this process, SQLite behind a worker's channel (with nothing behind it), and PostgreSQL where it is named. */
export async function measureAuditCost(databaseUrl: string | undefined): Promise<Record<string, AuditCost>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-audit-cost-'));
  const sqlitePath = join(folder, 'gatehouse.db');
  const sqlite = await openStore({ sqlitePath, key: { base64: TEST_KEY }, log: silentLog });
  const costs: Record<string, AuditCost> = { sqlite: await measure(sqlite) };
  await sqlite.close();
  rmSync(folder, { recursive: true });
  const facts = { engine: 'sqlite', schemaVersion: '', keys: [Buffer.alloc(32)] } as const;
  const worker = await joinStore(facts, {
    call: async () => {},
    onChange: () => () => {},
    lost: new Promise(() => {}),
    databaseUrl: undefined,
    databaseConnections: 2,
    log: silentLog,
  });
  costs.worker = await measure(worker);
  if (databaseUrl === undefined) return costs;
  const postgres = await openStore({ databaseUrl, key: { base64: TEST_KEY }, log: silentLog });
  costs.postgres = await measure(postgres);
  await postgres.close();
  return costs;
}

export const auditTable = (costs: Readonly<Record<string, AuditCost>>): string =>
  formatTable(
    ['audit record, CPU µs', 'where requests are served', 'other threads'],
    Object.entries(costs).map(([store, { caller, others }]) => [
      AUDIT_STORES[store] ?? store,
      rounded(caller),
      rounded(others),
    ]),
  );

if (import.meta.main) process.stdout.write(`${auditTable(await measureAuditCost(process.argv[2]))}\n`);
