/**
 * What an audit record costs, in CPU microseconds, by thread: where requests are served, and where SQLite is written.
 *
 *   node --conditions=source test/bench/audit-cost.ts [postgres://…]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinStore, openStore, type SharedStore, type Store } from '#store';
import { auditRecord, silentLog, TEST_KEY } from '../support/store-samples.ts';

const PEOPLE = 1000;
const BATCHES = 200;
/** 5,000 requests a second, committed every 20 ms. */
const BATCH = 100;
const WARM_UP = 40;

interface Cost {
  /** The thread that calls, which is the one that serves requests. */
  readonly caller: number;
  /** Every other thread of this process: SQLite's, and what collects garbage. */
  readonly others: number;
}

async function measure(store: Pick<Store, 'audit'>): Promise<Cost> {
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

const say = (where: string, { caller, others }: Cost): void =>
  console.log(`${where.padEnd(44)}${caller.toFixed(2).padStart(8)}${others.toFixed(2).padStart(12)}`);

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-audit-cost-'));
console.log(`${'CPU µs a record'.padEnd(44)}${'caller'.padStart(8)}${'others'.padStart(12)}`);
const sqlite = await openStore({ sqlitePath: join(folder, 'gatehouse.db'), key: { base64: TEST_KEY }, log: silentLog });
say('SQLite, one process', await measure(sqlite));
await sqlite.close();
rmSync(folder, { recursive: true });

// A worker's own share: what it encodes, with nothing behind the wire.
const facts = { engine: 'sqlite', schemaVersion: '', keyId: '', key: Buffer.alloc(32) } as const;
const worker = await joinStore(facts, {
  call: async () => {},
  onChange: () => () => {},
  databaseUrl: undefined,
  databaseConnections: 2,
  log: silentLog,
});
say('SQLite, a worker without its channel', await measure(worker));

const [databaseUrl] = process.argv.slice(2);
if (databaseUrl) {
  const postgres: SharedStore = await openStore({ databaseUrl, key: { base64: TEST_KEY }, log: silentLog });
  say('PostgreSQL', await measure(postgres));
  await postgres.close();
}
