import type { OpenStoreOptions, SharedStore } from './store.ts';
import { StoreStartError } from './start-error.ts';

/**
 * Opens the store: migrates the schema, checks the encryption key, and begins to watch for changes.
 * @throws StoreStartError, whose message says what to do.
 */
export async function openStore(options: OpenStoreOptions): Promise<SharedStore> {
  // Imported when it is known which: with SQLite the main thread loads no ORM and no driver.
  if (options.databaseUrl) return await (await import('./open-here.ts')).openHere(options);
  if (options.sqlitePath) return await (await import('./open-in-worker.ts')).openInWorker(options);
  throw new StoreStartError('databaseUnusable', 'neither a database URL nor a database file is configured');
}
