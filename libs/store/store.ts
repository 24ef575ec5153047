import type { AuditStore } from '#audit';
import type { SessionFinder } from '#identity';
import type { SessionStore } from '#login';
import type { StoredTokenStore } from '#mapping';
import type { ObjectStore, SecretStore } from '#resources';
import type { EncryptionKeySource } from './encryption-key.ts';
import type { Sealer } from './sealer.ts';

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
  /** How often the revision is read where no notification came. Default 1000. */
  readonly pollEveryMs?: number | undefined;
}

/** Every method rejects with GatehouseError `storeUnavailable` while the database cannot be used, and recovers by itself. */
export interface Store {
  readonly objects: ObjectStore;
  readonly secrets: SecretStore;
  readonly audit: AuditStore;
  readonly sessions: SessionFinder & SessionStore;
  readonly storedTokens: StoredTokenStore;
  /** Seals what is kept outside the database, such as a login transaction in a cookie. */
  readonly sealer: Sealer;
  /** Name of the last migration that was run. */
  readonly schemaVersion: string;
  readonly engine: 'sqlite' | 'postgres';
  close(): Promise<void>;
}
