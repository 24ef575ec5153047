import { GatehouseError } from '#errors';
import type { Authentication } from '#model';

/**
 * Judges the record of a credential; without a promise where it is remembered. While the store is down a credential is
 * neither good nor bad (503, not 401): `unavailable` says so.
 */
export function whenFound<T>(
  found: T | undefined | Promise<T | undefined>,
  judge: (found: T | undefined) => Authentication,
  unavailable: string,
): Authentication | Promise<Authentication> {
  if (!(found instanceof Promise)) return judge(found);
  return found.then(judge, (error: unknown) => {
    if (error instanceof GatehouseError && error.code === 'tooManyRequests')
      return { outcome: 'failed', code: error.code, message: error.message };
    if (error instanceof GatehouseError && error.code === 'storeUnavailable')
      return { outcome: 'failed', code: 'identityUnavailable', message: unavailable };
    throw error;
  });
}
