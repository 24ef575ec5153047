import { parentPort, workerData } from 'node:worker_threads';
import { packError, describeError } from '#errors';
import { createAuditStore } from './audit-store.ts';
import { openHere } from './open-here.ts';
import { openSqlite } from './open-sqlite.ts';
import type { RemotePort, StoreLog } from './store.ts';
import type { FromWorker, Ready, ToWorker, WorkerOptions } from './worker-messages.ts';

/** A thread that owns a connection to the SQLite file. Started by thread.ts. */
if (!parentPort) throw new Error('store-worker runs as a worker thread only');
const port = parentPort;
const send = (message: FromWorker): void => port.postMessage(message);

const line = (level: keyof StoreLog) => (message: string, fields?: Record<string, unknown>) =>
  send({ log: level, message, fields });
const log: StoreLog = { info: line('info'), warn: line('warn'), error: line('error') };

interface Served {
  readonly ready: Ready;
  readonly ports: { readonly [Port in RemotePort]?: object };
  close(): Promise<void>;
}

async function openStore(options: WorkerOptions): Promise<Served> {
  const store = await openHere({ ...options, log });
  store.onChange((changed) => send({ changed }));
  return {
    ready: { schemaVersion: store.schemaVersion, keys: store.keys },
    ports: store,
    close: store.close,
  };
}

/** Migrations and the key are the other thread's matter; it was there first. */
async function openAuditReader(options: WorkerOptions): Promise<Served> {
  const database = await openSqlite(options.sqlitePath as string, { readOnly: true });
  return {
    ready: { schemaVersion: '', keys: [] },
    ports: { audit: createAuditStore(database) },
    close: database.close,
  };
}

async function serve(message: ToWorker, served: Served): Promise<void> {
  if ('close' in message) {
    await served
      .close()
      .catch((error: unknown) => log.error('closing the database failed', { error: describeError(error) }));
    return port.close();
  }
  const { call, port: name, method, args } = message;
  try {
    // Only names out of REMOTE arrive here; both ends are ours.
    const methods = served.ports[name] as Record<string, (...values: readonly unknown[]) => Promise<unknown>>;
    send({ call, value: await methods[method]?.(...args) });
  } catch (error) {
    send({ call, error: packError(error) });
  }
}

try {
  const options = workerData as WorkerOptions;
  const served = await (options.role === 'store' ? openStore(options) : openAuditReader(options));
  port.on('message', (message: ToWorker) => void serve(message, served));
  send({ ready: served.ready });
} catch (error) {
  send({ failed: packError(error) });
  port.close();
}
