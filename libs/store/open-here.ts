import type { KeyObject } from 'node:crypto';
import { createAccessTokenStore } from './access-token-store.ts';
import { createAuditStore } from './audit-store.ts';
import { checkKey } from './check-key.ts';
import type { Database } from './database.ts';
import { closeWithin } from './close-within.ts';
import { handOver } from './hand-over.ts';
import type { KeyRing } from './key-ring.ts';
import { listen, type Listening } from './listen.ts';
import { lockGateway } from './lock-gateway.ts';
import { migrate } from './migrate.ts';
import { createLoginGrantStore } from './login-grant-store.ts';
import { createObjectStore } from './object-store.ts';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import { readRevision } from './revision.ts';
import { createRevisionWatcher, type RevisionWatcher } from './revision-watcher.ts';
import { createSealer } from './sealer.ts';
import { createSealingStore } from './sealing-store.ts';
import { createSecretStore } from './secret-store.ts';
import { createSessionStore } from './session-store.ts';
import type { JoinPorts, OpenStoreOptions, SharedStore, Store } from './store.ts';
import { createStoredTokenStore } from './stored-token-store.ts';
import { createUserStore } from './user-store.ts';

/** A store, and the keys that its worker hands over to the main thread. */
export interface StoreHere extends SharedStore {
  readonly keys: readonly KeyObject[];
}

const POLL_EVERY_MS = 1_000;
const CONNECTIONS = 10;
const now = () => Date.now();
/** Connections are made anew; only a thread can be lost. */
const NEVER = new Promise<never>(() => {});

/** What is settled once for a database: by migrations and the check of the key. */
interface Settled {
  readonly schemaVersion: string;
  readonly ring: KeyRing;
}

/** Opens the store in this very thread: PostgreSQL anywhere, SQLite only inside its worker. */
export async function openHere(options: OpenStoreOptions): Promise<StoreHere> {
  const { databaseUrl, sqlitePath } = options;
  // Before the file is opened: a second gateway must not even migrate it.
  const unlock = databaseUrl || !options.gateway ? undefined : lockGateway(sqlitePath as string);
  try {
    return await openLocked(options, unlock);
  } catch (error) {
    unlock?.();
    throw error;
  }
}

async function openLocked(options: OpenStoreOptions, unlock: (() => void) | undefined): Promise<StoreHere> {
  const { databaseUrl, sqlitePath, log } = options;
  const database = databaseUrl
    ? await openPostgres(databaseUrl, options.databaseConnections ?? CONNECTIONS, log)
    : await openSqlite(sqlitePath as string);
  try {
    const schemaVersion = await migrate(database, log);
    const ring = await checkKey(database, options.key, now(), options.allowLostKey);
    const readNow = () => database.run(readRevision);
    const watcher = createRevisionWatcher(readNow, await readNow(), options.pollEveryMs ?? POLL_EVERY_MS);
    const listening = databaseUrl ? listen(databaseUrl, watcher.learned, log, options.gateway) : undefined;
    return {
      ...createPorts(database, { schemaVersion, ring }, watcher, listening, unlock),
      keys: ring.all().map(({ key }) => key),
      handOver: () => handOver(database.engine, schemaVersion, ring.all(), options.key),
      serve: () => Promise.reject(new Error('each process has connections of its own to this database')),
      workerLost: () => {},
    };
  } catch (error) {
    await database.close().catch(() => {});
    throw error;
  }
}

/** PostgreSQL from one more process of a gateway. It neither listens nor polls: it is told. */
export async function joinHere(settled: Settled, ports: JoinPorts): Promise<Store> {
  const database = await openPostgres(ports.databaseUrl as string, ports.databaseConnections, ports.log);
  const watcher = createRevisionWatcher(undefined, 0, 0);
  const stop = ports.onChange(watcher.learned);
  return createPorts(database, settled, watcher, { close: async () => stop() });
}

function createPorts(
  database: Database,
  { schemaVersion, ring }: Settled,
  watcher: RevisionWatcher,
  listening: Listening | undefined,
  unlock?: () => void,
): Store {
  const sealer = createSealer(ring);
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    watcher.close();
    await Promise.all([listening?.close(), database.close()]);
    unlock?.();
  };
  return {
    objects: createObjectStore({ database, sealer, watcher, now }),
    secrets: createSecretStore(database, sealer),
    audit: createAuditStore(database),
    sessions: createSessionStore(database, sealer, watcher.learned),
    storedTokens: createStoredTokenStore(database, sealer, now),
    accessTokens: createAccessTokenStore(database, sealer, watcher.learned),
    users: createUserStore(database, sealer, watcher.learned),
    loginGrants: createLoginGrantStore(database),
    sealing: createSealingStore(database, ring, sealer, watcher.learned),
    sealer,
    schemaVersion,
    engine: database.engine,
    lost: NEVER,
    close: (withinMs) => (closed ??= closeWithin(withinMs, closeAll())),
  };
}
