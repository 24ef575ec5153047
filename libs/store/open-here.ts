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
import { readRevision, type Change, type Changing } from './revision.ts';
import { createRevisionWatcher, type RevisionWatchers } from './revision-watcher.ts';
import { createCredentialStore } from './credential-store.ts';
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
    const watch = async (of: Changing) => {
      const readNow = () => database.run((manager) => readRevision(manager, of));
      return createRevisionWatcher(readNow, await readNow(), options.pollEveryMs ?? POLL_EVERY_MS);
    };
    const watchers = { configuration: await watch('configuration'), credentials: await watch('credentials') };
    const learned = ({ of, revision }: Change): void => watchers[of].learned(revision);
    const listening = databaseUrl ? listen(databaseUrl, learned, log, options.gateway) : undefined;
    return {
      ...createPorts(database, { schemaVersion, ring }, watchers, listening, unlock),
      onChange: (listener) => onAnyChange(watchers, listener),
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

/** Forwards changes of both kinds, to notify the other processes of this gateway. */
function onAnyChange(watchers: RevisionWatchers, listener: (change: Change) => void): () => void {
  const stops = (['configuration', 'credentials'] as const).map((of) =>
    watchers[of].onChange((revision) => listener({ of, revision })),
  );
  return () => stops.forEach((stop) => stop());
}

/** PostgreSQL from one more process of a gateway. It neither listens nor polls: it is told. */
export async function joinHere(settled: Settled, ports: JoinPorts): Promise<Store> {
  const database = await openPostgres(ports.databaseUrl as string, ports.databaseConnections, ports.log);
  const told = () => createRevisionWatcher(undefined, 0, 0);
  const watchers = { configuration: told(), credentials: told() };
  const stop = ports.onChange(({ of, revision }) => watchers[of].learned(revision));
  return createPorts(database, settled, watchers, { close: async () => stop() });
}

function createPorts(
  database: Database,
  { schemaVersion, ring }: Settled,
  watchers: RevisionWatchers,
  listening: Listening | undefined,
  unlock?: () => void,
): Store {
  const sealer = createSealer(ring);
  const { learned } = watchers.credentials;
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    watchers.configuration.close();
    watchers.credentials.close();
    await Promise.all([listening?.close(), database.close()]);
    unlock?.();
  };
  return {
    objects: createObjectStore({ database, sealer, watcher: watchers.configuration, now }),
    secrets: createSecretStore(database, sealer),
    audit: createAuditStore(database),
    sessions: createSessionStore(database, sealer, learned),
    storedTokens: createStoredTokenStore(database, sealer, now),
    accessTokens: createAccessTokenStore(database, sealer, learned),
    users: createUserStore(database, sealer, learned),
    credentials: createCredentialStore(database, watchers.credentials),
    loginGrants: createLoginGrantStore(database),
    sealing: createSealingStore(database, ring, sealer, watchers),
    sealer,
    schemaVersion,
    engine: database.engine,
    lost: NEVER,
    close: (withinMs) => (closed ??= closeWithin(withinMs, closeAll())),
  };
}
