import { Worker } from 'node:worker_threads';
import { describeError, GatehouseError } from '#errors';
import type { Change } from './revision.ts';
import { StoreStartError } from './start-error.ts';
import type { StoreCall, StoreLog } from './store.ts';
import { unpackStoreError, type FromWorker, type Ready, type ToWorker, type WorkerOptions } from './worker-messages.ts';

/** A thread with a database of its own, that is called by messages. */
export interface Thread {
  readonly ready: Ready;
  /** Rejects with what the call threw there, or GatehouseError storeUnavailable where the thread is gone. */
  call(call: StoreCall): Promise<unknown>;
  /** Ends it after what was called before. */
  close(): Promise<void>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface ThreadListeners {
  onChanged?(change: Change): void;
  /** It ended, and nobody had closed it. */
  onLost(reason: Error): void;
}

/** Starts a thread and waits until its database is open. @throws StoreStartError. */
export async function startThread(
  workerData: WorkerOptions,
  log: StoreLog,
  { onChanged, onLost }: ThreadListeners,
): Promise<Thread> {
  const worker = startWorker(workerData);
  const pending = new Map<number, Pending>();
  let calls = 0;
  let gone = false;
  let isOpen = false;
  let closing: Promise<void> | undefined;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const unavailable = (cause: unknown) => new GatehouseError('storeUnavailable', undefined, { cause });

  function lose(cause: unknown): void {
    if (gone) return;
    gone = true;
    if (!closing && isOpen) onLost(new Error(`the database thread ended (${describeError(cause)})`, { cause }));
    for (const { reject } of pending.values()) reject(unavailable(cause));
    pending.clear();
  }

  function receive(message: Exclude<FromWorker, { ready: unknown } | { failed: unknown }>): void {
    if ('changed' in message) return onChanged?.(message.changed);
    if ('log' in message) return log[message.log](message.message, message.fields);
    const waiting = pending.get(message.call);
    pending.delete(message.call);
    if ('error' in message) waiting?.reject(unpackStoreError(message.error));
    else waiting?.resolve(message.value);
  }

  const opened = new Promise<Ready>((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if ('ready' in message) {
        isOpen = true;
        resolve(message.ready);
      } else if ('failed' in message) reject(unpackStoreError(message.failed));
      else receive(message);
    });
    worker.once('error', (cause) => {
      reject(
        new StoreStartError(
          'databaseUnusable',
          `the database thread could not be started: ${(cause as Error).message}`,
          { cause },
        ),
      );
      lose(cause);
    });
    worker.once('exit', (code) => {
      reject(
        new StoreStartError('databaseUnusable', `the database thread ended with code ${code} before it was ready`),
      );
      lose(`exit code ${code}`);
    });
  });
  const ready = await opened.catch(async (error: unknown) => {
    closing = exited;
    await exited;
    throw error;
  });

  return {
    ready,
    call({ port, method, args }) {
      if (gone || closing)
        return Promise.reject(unavailable(closing ? 'the store is closed' : 'the database thread ended'));
      return new Promise((resolve, reject) => {
        calls += 1;
        pending.set(calls, { resolve, reject });
        worker.postMessage({ call: calls, port, method, args } satisfies ToWorker);
      });
    },
    close() {
      // Messages keep their order and the database's turns theirs: what was called before is done before.
      if (!closing && !gone) worker.postMessage({ close: true } satisfies ToWorker);
      closing ??= exited;
      return closing;
    },
  };
}

function startWorker(workerData: WorkerOptions): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = new URL(fromSource ? './store-worker.ts' : './store-worker.js', import.meta.url);
  // A test runner resolves '#…' to sources by its own means; Node needs to be told.
  const execArgv = fromSource ? ['--conditions=source'] : [];
  return new Worker(file, { workerData, execArgv, name: `gatehouse-${workerData.role}` });
}
