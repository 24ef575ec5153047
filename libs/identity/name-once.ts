import type { CompiledIssuers } from './compile-issuers.ts';
import type { IdentityResult } from './identity-from-claims.ts';

interface Named {
  readonly by: CompiledIssuers;
  readonly result: IdentityResult;
}

/** By the record of a session or access token as it is remembered for some seconds; it is never changed. */
const namedLast = new WeakMap<object, Named>();

/**
 * The very Identity that these issuers made of this very record before, so that a person's next request finds what
 * later stages have made of it (its Grant, its header lines). Changed issuers, and a record that was read anew, are
 * other ones.
 */
export function nameOnce(record: object, issuers: CompiledIssuers, name: () => IdentityResult): IdentityResult {
  const last = namedLast.get(record);
  if (last?.by === issuers) return last.result;
  const result = name();
  if (result.ok) namedLast.set(record, { by: issuers, result });
  return result;
}
