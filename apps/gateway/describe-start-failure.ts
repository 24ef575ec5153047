import { StoreStartError } from '#store';
import type { StartFailure } from './workers/topics.ts';

/** Why a start failed: a known fault in its own words, anything else with its stack. */
export function describeStartFailure(error: unknown): StartFailure {
  const { code, name, message, stack } = error as Error & { code?: string };
  const known =
    error instanceof StoreStartError || name === 'GatehouseError' || code === 'EADDRINUSE' || code === 'EACCES';
  return {
    message: known ? message : (stack ?? String(error)),
    mayPass: code === 'databaseUnusable' || code === 'storeUnavailable',
  };
}
