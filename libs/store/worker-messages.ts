import type { KeyObject } from 'node:crypto';
import { unpackError, type SentError } from '#errors';
import type { OpenStoreOptions, Store } from './store.ts';
import { StoreStartError, type StoreStartErrorCode } from './start-error.ts';

/** Ports that are called across the threads, with their methods. All take and give plain data. */
export const REMOTE = {
  objects: ['list', 'get', 'create', 'update', 'delete', 'revision', 'readAll'],
  secrets: ['read'],
  audit: ['append', 'list', 'get', 'useOfRules'],
  sessions: ['create', 'find', 'delete', 'touch', 'deleteExpired'],
  storedTokens: ['save', 'find', 'list', 'delete', 'suspendForCluster'],
} as const satisfies {
  [Port in Exclude<keyof Store, 'sealer' | 'schemaVersion' | 'engine' | 'close'>]: readonly Exclude<
    keyof Store[Port],
    'onChange'
  >[];
};

export type RemotePort = keyof typeof REMOTE;

/** `store` does everything; `auditReader` answers what reads the audit log, on a read-only connection. */
export type WorkerOptions = Omit<OpenStoreOptions, 'log'> & { readonly role: 'store' | 'auditReader' };

export interface Ready {
  readonly schemaVersion: string;
  readonly keyId: string;
  /** A KeyObject crosses threads without its bytes ever being an ordinary value. */
  readonly key: KeyObject | undefined;
}

export type ToWorker =
  | { readonly call: number; readonly port: RemotePort; readonly method: string; readonly args: readonly unknown[] }
  | { readonly close: true };

export type FromWorker =
  | { readonly ready: Ready }
  | { readonly failed: SentError }
  | { readonly call: number; readonly value: unknown }
  | { readonly call: number; readonly error: SentError }
  | { readonly changed: number }
  | {
      readonly log: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    };

/** As of `#errors`, and a StoreStartError is one again. */
export function unpackStoreError(sent: SentError): Error {
  if (sent.name !== 'StoreStartError') return unpackError(sent);
  const options = sent.cause ? { cause: new Error(sent.cause) } : undefined;
  return new StoreStartError(sent.code as StoreStartErrorCode, sent.message, options);
}
