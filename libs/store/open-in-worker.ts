import { describeError, GatehouseError } from '#errors';
import { decodeAuditBatch } from './audit-batch.ts';
import { AUDIT_COLUMNS } from './audit-row.ts';
import { keyFromBytes } from './encryption-key.ts';
import { groupAppends } from './group-appends.ts';
import { handOver } from './hand-over.ts';
import { createKeyRing } from './key-ring.ts';
import { createRemoteStore } from './remote-store.ts';
import { createSealer } from './sealer.ts';
import type { Change } from './revision.ts';
import type { OpenStoreOptions, SharedStore, StoreCall, StoreLog } from './store.ts';
import { startThread, type Thread } from './thread.ts';

/** Whatever else is asked of the audit log reads it, may take long, and goes to a thread of its own. */
const WRITES_AUDIT = new Set(['appendBatches', 'completeAbandoned', 'probe']);

/**
 * Opens SQLite in a thread of its own and answers a store that calls it. Reading the audit log has another thread,
 * started when somebody first reads: a search through years must not keep commits and sessions waiting.
 * @throws StoreStartError.
 */
export async function openInWorker({ log, ...options }: OpenStoreOptions): Promise<SharedStore> {
  const listeners = new Set<(change: Change) => void>();
  const lost = Promise.withResolvers<Error>();
  const writer = await startThread({ ...options, role: 'store' }, log, {
    onChanged: (change) => [...listeners].forEach((listener) => listener(change)),
    onLost: lost.resolve,
  });
  let reader: Promise<Thread> | undefined;
  let closed = false;

  function readerThread(): Promise<Thread> {
    if (closed) return Promise.resolve(writer);
    const forget = (): void => void (reader = undefined);
    reader ??= startThread({ ...options, role: 'auditReader' }, log, {
      onLost(reason) {
        log.error('the thread that reads the audit log ended; the next read starts another', {
          error: describeError(reason),
        });
        forget();
      },
    }).catch((cause: unknown) => {
      forget();
      throw new GatehouseError('storeUnavailable', undefined, { cause });
    });
    return reader;
  }

  const appends = groupAppends((batches) => writer.call({ port: 'audit', method: 'appendBatches', args: [batches] }));
  const serve = async (call: StoreCall, worker: number | undefined): Promise<unknown> => {
    if (call.port !== 'audit') return await writer.call(call);
    if (call.method === 'appendBatches') return await appends.append(call.args[0] as readonly string[], worker);
    // What the lost worker had sent comes first, so that a start record among it is found.
    if (call.method === 'completeAbandoned') await appends.settle();
    return await (WRITES_AUDIT.has(call.method) ? writer : await readerThread()).call(call);
  };
  const { schemaVersion } = writer.ready;
  const keys = writer.ready.keys.map((key) => keyFromBytes(key.export()));
  const ring = createKeyRing(keys, options.key);

  const onChange: SharedStore['onChange'] = (listener) => {
    const own = (change: Change) => listener(change);
    listeners.add(own);
    return () => void listeners.delete(own);
  };
  const remote = createRemoteStore({
    call: (call) => serve(call, undefined),
    onChange,
    sealer: createSealer(ring),
    schemaVersion,
    lost: lost.promise,
    async close() {
      await appends.settle();
      closed = true;
      await Promise.all([
        writer.close(),
        reader?.then(
          (thread) => thread.close(),
          () => {},
        ),
      ]);
    },
  });
  return {
    ...remote,
    onChange,
    handOver: () => handOver('sqlite', schemaVersion, ring.all(), options.key),
    serve,
    workerLost: appends.senderLost,
    async close(withinMs) {
      try {
        await remote.close(withinMs);
      } finally {
        logUnsaved(appends.takeUnsaved(), log);
      }
    },
  };
}

/** Records that could not be saved until the end go into the log of the process, as the audit queue does it. */
function logUnsaved(batches: readonly string[], log: StoreLog): void {
  for (const row of batches.flatMap(decodeAuditBatch))
    log.error('audit record not saved', {
      record: Object.fromEntries(AUDIT_COLUMNS.map((column, at) => [column, row[at]])),
    });
}
