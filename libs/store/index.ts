/**
 * The store is the only room that knows a database. It keeps what other rooms declare ports for (objects, secrets,
 * sessions, stored tokens, audit records), on SQLite by default and on PostgreSQL for many replicas, with one set of
 * entities and migrations for both, so that a test on one says something about the other. Whatever could be used by a
 * thief of the database is sealed or hashed before it gets here.
 *
 * SQLite runs whole in a worker thread: better-sqlite3 blocks, and an fsync takes milliseconds; so exactly one thread
 * of a process writes the file and the event loop never waits for a disk. A gateway's other processes join that store
 * (`joinStore`) and call it by messages; to PostgreSQL each has connections of its own.
 */
export { openStore } from './open-store.ts';
export { joinStore } from './join-store.ts';
export type { JoinPorts, OpenStoreOptions, SharedStore, Store, StoreCall, StoreHandover, StoreLog } from './store.ts';
export type { Change as StoreChange } from './revision.ts';
export { StoreStartError } from './start-error.ts';
export type { StoreStartErrorCode } from './start-error.ts';
export { makeKeyText, readEncryptionKeys } from './encryption-key.ts';
export type { EncryptionKey, EncryptionKeySource } from './encryption-key.ts';
export type { SealedCount, SealingStore } from './sealing-store.ts';
export type { SealContext, Sealer } from './sealer.ts';
export type { ObjectStore, SecretStore } from '#resources';
export type { AuditStore } from '#audit';
export type { StoredTokenStore } from '#mapping';
