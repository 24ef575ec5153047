import type { KeyObject } from 'node:crypto';
import { GatehouseError } from '#errors';
import { createSealer } from './sealer.ts';
import type { OpenStoreOptions, Store } from './store.ts';
import { startThread, type Thread } from './thread.ts';
import { REMOTE, type RemotePort } from './worker-messages.ts';

/**
 * Opens SQLite in a thread of its own and answers a store that calls it. Reading the audit log has another thread,
 * started when somebody first reads: a search through years must not keep commits and sessions waiting.
 * @throws StoreStartError.
 */
export async function openInWorker({ log, ...options }: OpenStoreOptions): Promise<Store> {
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

  const remote = <Port extends RemotePort>(
    port: Port,
    threadOf: (method: string) => Thread | Promise<Thread> = () => writer,
  ): Store[Port] =>
    Object.fromEntries(
      REMOTE[port].map((method) => [
        method,
        async (...args: unknown[]) => {
          const thread = threadOf(method);
          return await (thread instanceof Promise ? await thread : thread).call(port, method, args);
        },
      ]),
    ) as unknown as Store[Port];

  return {
    objects: {
      ...remote('objects'),
      onChange(listener) {
        const own = (revision: number) => listener(revision);
        listeners.add(own);
        return () => void listeners.delete(own);
      },
    },
    secrets: remote('secrets'),
    audit: remote('audit', (method) => (method === 'append' ? writer : readerThread())),
    sessions: remote('sessions'),
    storedTokens: remote('storedTokens'),
    sealer: createSealer(writer.ready.key as KeyObject, writer.ready.keyId),
    schemaVersion: writer.ready.schemaVersion,
    engine: 'sqlite',
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
  };
}
