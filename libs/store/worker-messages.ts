import type { KeyObject } from 'node:crypto';
import { unpackError, type SentError } from '#errors';
import type { Change } from './revision.ts';
import type { OpenStoreOptions, StoreCall } from './store.ts';
import { StoreStartError, type StoreStartErrorCode } from './start-error.ts';

/** `store` does everything; `auditReader` answers what reads the audit log, on a read-only connection. */
export type WorkerOptions = Omit<OpenStoreOptions, 'log'> & { readonly role: 'store' | 'auditReader' };

export interface Ready {
  readonly schemaVersion: string;
  /** A KeyObject crosses threads without its bytes ever being an ordinary value. */
  readonly keys: readonly KeyObject[];
}

export type ToWorker = ({ readonly call: number } & StoreCall) | { readonly close: true };

export type FromWorker =
  | { readonly ready: Ready }
  | { readonly failed: SentError }
  | { readonly call: number; readonly value: unknown }
  | { readonly call: number; readonly error: SentError }
  | { readonly changed: Change }
  | {
      readonly log: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    };

/** As of `#errors`, and a StoreStartError is one again. */
export function unpackStoreError(sent: SentError): Error {
  if (sent.name !== 'StoreStartError') return unpackError(sent);
  const options = sent.cause ? { cause: unpackError(sent.cause) } : undefined;
  return new StoreStartError(sent.code as StoreStartErrorCode, sent.message, options);
}
