import { GatehouseError } from '#errors';
import { keyFromBytes } from './encryption-key.ts';
import { groupAppends } from './group-appends.ts';
import { handOver } from './hand-over.ts';
import { createKeyRing } from './key-ring.ts';
import { createRemoteStore } from './remote-store.ts';
import { createSealer } from './sealer.ts';
import type { OpenStoreOptions, SharedStore, StoreCall } from './store.ts';
import { startThread, type Thread } from './thread.ts';

/** Whatever else is asked of the audit log reads it, may take long, and goes to a thread of its own. */
const WRITES_AUDIT = new Set(['appendBatches', 'completeAbandoned']);

/**
 * Opens SQLite in a thread of its own and answers a store that calls it. Reading the audit log has another thread,
 * started when somebody first reads: a search through years must not keep commits and sessions waiting.
 * @throws StoreStartError.
 */
export async function openInWorker({ log, ...options }: OpenStoreOptions): Promise<SharedStore> {
  const listeners = new Set<(revision: number) => void>();
  const writer = await startThread({ ...options, role: 'store' }, log, (revision) =>
    [...listeners].forEach((listener) => listener(revision)),
  );
  let reader: Promise<Thread> | undefined;
  let closed = false;

  function readerThread(): Promise<Thread> {
    if (closed) return Promise.resolve(writer);
    reader ??= startThread({ ...options, role: 'auditReader' }, log, () => {}).catch((cause: unknown) => {
      reader = undefined;
      throw new GatehouseError('storeUnavailable', undefined, { cause });
    });
    return reader;
  }

  const append = groupAppends((batches) => writer.call({ port: 'audit', method: 'appendBatches', args: [batches] }));
  const serve = async (call: StoreCall): Promise<unknown> => {
    if (call.port !== 'audit') return await writer.call(call);
    if (call.method === 'appendBatches') return await append(call.args[0] as readonly string[]);
    // What the lost worker had sent comes first, so that a start record among it is found.
    if (call.method === 'completeAbandoned') await append([]).catch(() => {});
    return await (WRITES_AUDIT.has(call.method) ? writer : await readerThread()).call(call);
  };
  const { schemaVersion } = writer.ready;
  const keys = writer.ready.keys.map((key) => keyFromBytes(key.export()));
  const ring = createKeyRing(keys, options.key);

  return {
    ...createRemoteStore({
      call: serve,
      onChange(listener) {
        const own = (revision: number) => listener(revision);
        listeners.add(own);
        return () => void listeners.delete(own);
      },
      sealer: createSealer(ring),
      schemaVersion,
      async close() {
        closed = true;
        await Promise.all([
          writer.close(),
          reader?.then(
            (thread) => thread.close(),
            () => {},
          ),
        ]);
      },
    }),
    handOver: () => handOver('sqlite', schemaVersion, ring.all(), options.key),
    serve,
  };
}
