import type { AuditStore } from '#audit';
import type { AccessTokenReader, CredentialStore, SessionReader } from '#identity';
import type { AccessTokenStore, LoginGrantStore, SessionStore, UserStore } from '#login';
import type { StoredTokenStore } from '#mapping';
import type { ObjectStore, SecretStore } from '#resources';
import type { EncryptionKeySource } from './encryption-key.ts';
import type { Sealer } from './sealer.ts';
import type { Change } from './revision.ts';
import type { SealingStore } from './sealing-store.ts';

/** Lines of the gateway's own log. Never given a secret. */
export interface StoreLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface OpenStoreOptions {
  /** `postgres://…`; wins over `sqlitePath`. */
  readonly databaseUrl?: string | undefined;
  /** The database file; its folder is made (0700) where it is missing. */
  readonly sqlitePath?: string | undefined;
  readonly key: EncryptionKeySource;
  readonly log: StoreLog;
  /** Opens beside values that no key at hand opens; only to discard them. */
  readonly allowLostKey?: boolean | undefined;
  /** Connections to PostgreSQL at the most, beside the one that listens. Default 10. */
  readonly databaseConnections?: number | undefined;
  /** Name of this gateway, while it runs, to others on the same database; none for a command that ends at once. */
  readonly gateway?: string | undefined;
  /** How often the revision is read where no notification came. Default 1000. */
  readonly pollEveryMs?: number | undefined;
}

/** Every method rejects with GatehouseError `storeUnavailable` while the database cannot be used, and recovers by itself. */
export interface Store {
  readonly objects: ObjectStore;
  readonly secrets: SecretStore;
  readonly audit: AuditStore;
  readonly sessions: SessionReader & SessionStore;
  readonly storedTokens: StoredTokenStore;
  readonly accessTokens: AccessTokenReader & AccessTokenStore;
  readonly users: UserStore;
  readonly credentials: CredentialStore;
  readonly sealing: SealingStore;
  readonly loginGrants: LoginGrantStore;
  /** Seals what is kept outside the database, such as a login transaction in a cookie. */
  readonly sealer: Sealer;
  /** Name of the last migration that was run. */
  readonly schemaVersion: string;
  readonly engine: 'sqlite' | 'postgres';
  /** Resolves, with the reason, when nothing will work any more: the thread that has SQLite ended. The process must end. */
  readonly lost: Promise<Error>;
  /**
   * Ends it after what was called before. @param withinMs no limit where undefined.
   * @throws GatehouseError storeUnavailable where that took longer; then a thread may be left that waits for the disk,
   * and keeps `process.exit` from ending the process.
   */
  close(withinMs?: number): Promise<void>;
}

/** What another process of the same gateway needs to join. Holds the encryption keys: for a private channel only. */
export interface StoreHandover {
  readonly engine: 'sqlite' | 'postgres';
  readonly schemaVersion: string;
  readonly keys: readonly Uint8Array[];
  /** Where they were read, if in a file. */
  readonly keyFile?: string;
}

/** What is called across threads and processes. */
export type RemotePort = Exclude<keyof Store, 'sealer' | 'schemaVersion' | 'engine' | 'lost' | 'close'>;

/** One call of a port's method, as plain data. */
export interface StoreCall {
  readonly port: RemotePort;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A store that other processes of the same gateway can join: the one that was opened first. */
export interface SharedStore extends Store {
  handOver(): StoreHandover;
  /** Notifies of changes of both kinds, for stores that have joined. Returns a function that unsubscribes. */
  onChange(listener: (change: Change) => void): () => void;
  /** Carries out a joined store's call. With PostgreSQL there are none: everybody has connections of their own. */
  serve(call: StoreCall, worker: number): Promise<unknown>;
  /** This worker ended: what it had sent and nobody will send again is saved with the next records. */
  workerLost(worker: number): void;
}

/** What a process needs beside the handover. */
export interface JoinPorts {
  /** SQLite: carried out by the process that opened the store, with its `serve`. */
  call(call: StoreCall): Promise<unknown>;
  /** Changes that the process that opened the store has learned of. */
  onChange(listener: (change: Change) => void): () => void;
  /** As of the process that opened the store. */
  readonly lost: Promise<Error>;
  readonly databaseUrl: string | undefined;
  readonly databaseConnections: number;
  readonly log: StoreLog;
}
