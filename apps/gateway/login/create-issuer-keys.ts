import { describeError } from '#errors';
import { createKeySets, fetchJson, type KeySets } from '#identity';
import type { Log } from '../log.ts';

/** While a provider is down its keys are tried every ten seconds; the log hears of one and the same problem so often. */
const SAY_EVERY_MS = 5 * 60_000;

/** The key sets of the issuers, as the identity stage asks for them; why one cannot be had is in the log. */
export function createIssuerKeys(ports: {
  /** Whether a provider may be on this machine though it is not named so. */
  readonly allowLoopback: boolean;
  readonly log: Log;
  now(): number;
}): KeySets {
  const said = new Map<string, { readonly error: string; readonly atMs: number }>();
  return createKeySets({
    now: ports.now,
    fetch: (url, authority, { allowLoopback = false } = {}) =>
      fetchJson(url, authority, { allowLoopback: allowLoopback || ports.allowLoopback }),
    onFetched: (issuer) => {
      if (said.delete(issuer)) ports.log.info('the keys of an issuer can be fetched again', { issuer });
    },
    onProblem(issuer, problem) {
      const error = describeError(problem);
      const before = said.get(issuer);
      const nowMs = ports.now();
      if (before?.error === error && nowMs - before.atMs < SAY_EVERY_MS) return;
      said.set(issuer, { error, atMs: nowMs });
      ports.log.warn('the keys of an issuer cannot be fetched; those that are known go on, other tokens are refused', {
        issuer,
        error,
      });
    },
  });
}
