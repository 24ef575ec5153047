import { describeError } from '#errors';
import { StoreStartError } from '#store';
import type { StartFailure } from './workers/topics.ts';

/** Why a start failed: a known fault in its own words, anything else with its stack. */
export function describeStartFailure(error: unknown): StartFailure {
  const { code, name, message, stack } = error as Error & { code?: string };
  // The message of a GatehouseError is for clients; whoever starts the gateway needs its cause.
  const ours = name === 'GatehouseError' || name === 'CertificateError' ? describeError(error) : undefined;
  const known = error instanceof StoreStartError || code === 'EADDRINUSE' || code === 'EACCES';
  return {
    message: ours ?? (known ? message : (stack ?? String(error))),
    mayPass: code === 'databaseUnusable' || code === 'storeUnavailable',
  };
}
