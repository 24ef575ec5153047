import { createInterface } from 'node:readline';
import { describeError } from '#errors';
import { openStore } from '#store';
import { auditRecord, silentLog, TEST_KEY } from './store-samples.ts';

/** The program of store-child.ts: saves one record for each line that it reads, and says how that went. */
const [sqlitePath] = process.argv.slice(2);
const store = await openStore({ sqlitePath, key: { base64: TEST_KEY }, log: silentLog });
process.stdout.write('ready\n');
for await (const _ of createInterface({ input: process.stdin })) {
  const record = auditRecord();
  await store.audit.append([record]).then(
    () => process.stdout.write(`saved ${record.auditId}\n`),
    (error: unknown) => process.stdout.write(`failed ${describeError(error)}\n`),
  );
}
await store.close();
