import type { KeyObject } from 'node:crypto';
import { createAuditStore } from './audit-store.ts';
import { checkKey } from './check-key.ts';
import { listen, type Listening } from './listen.ts';
import { migrate } from './migrate.ts';
import { createObjectStore } from './object-store.ts';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import { readRevision } from './revision.ts';
import { createRevisionWatcher } from './revision-watcher.ts';
import { createSealer } from './sealer.ts';
import { createSecretStore } from './secret-store.ts';
import { createSessionStore } from './session-store.ts';
import type { OpenStoreOptions, Store } from './store.ts';
import { createStoredTokenStore } from './stored-token-store.ts';

/** A store, and the key that its worker hands over to the main thread. */
export interface StoreHere extends Store {
  readonly key: KeyObject;
}

const POLL_EVERY_MS = 1_000;

/** Opens the store in this very thread: PostgreSQL anywhere, SQLite only inside its worker. */
export async function openHere(options: OpenStoreOptions): Promise<StoreHere> {
  const { databaseUrl, sqlitePath, log } = options;
  const now = () => Date.now();
  const database = databaseUrl ? await openPostgres(databaseUrl, log) : await openSqlite(sqlitePath as string);
  try {
    const schemaVersion = await migrate(database, log);
    const { key, keyId } = await checkKey(database, options.key, now());
    const sealer = createSealer(key, keyId);
    const readNow = () => database.run(readRevision);
    const watcher = createRevisionWatcher(readNow, await readNow(), options.pollEveryMs ?? POLL_EVERY_MS);
    const listening: Listening | undefined = databaseUrl ? listen(databaseUrl, watcher.learned, log) : undefined;
    let closed: Promise<void> | undefined;
    const closeAll = async (): Promise<void> => {
      watcher.close();
      await listening?.close();
      await database.close();
    };
    return {
      objects: createObjectStore({ database, sealer, watcher, now }),
      secrets: createSecretStore(database, sealer),
      audit: createAuditStore(database),
      sessions: createSessionStore(database, sealer),
      storedTokens: createStoredTokenStore(database, sealer, now),
      sealer,
      schemaVersion,
      engine: database.engine,
      key,
      close: () => (closed ??= closeAll()),
    };
  } catch (error) {
    await database.close().catch(() => {});
    throw error;
  }
}
