import { openStore } from '#store';
import { auditRecord, silentLog } from './store-samples.ts';

/** A program that prints the id of each record after the store has promised it, until somebody kills it. */
const [sqlitePath, base64] = process.argv.slice(2);
const store = await openStore({ sqlitePath, key: { base64 }, log: silentLog });
for (;;) {
  const record = auditRecord();
  await store.audit.append([record]);
  process.stdout.write(`${record.auditId}\n`);
}
