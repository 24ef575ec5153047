import { importJWK, type CryptoKey, type JWK } from 'jose';
import type { CompiledIssuer } from './compile-issuers.ts';
import { fetchJson, type FetchJson } from './fetch-json.ts';
import { fitsAlgorithm, publicPart, readKeys } from './read-keys.ts';

export interface KeySetPorts {
  now(): number;
  readonly fetch?: FetchJson;
  /** Told of each fetch of this Issuer's keys (by its name) that failed, and why; at most once a cooldown. */
  onProblem?(issuer: string, problem: unknown): void;
  onFetched?(issuer: string): void;
}

export type KeyLookup =
  | { readonly outcome: 'found'; readonly key: CryptoKey; /** To ask `stillHolds` with. */ readonly jwk: JWK }
  /** The newest key set, whose fetch succeeded, does not have it. */
  | { readonly outcome: 'unknown' }
  /** No known key fits, and the last fetch failed. */
  | { readonly outcome: 'unavailable'; readonly cause: unknown };

export interface KeySets {
  /** The issuer's key of this id and algorithm. Fetches at most once a cooldown, however many unknown ids are asked for. */
  find(issuer: CompiledIssuer, kid: string | undefined, algorithm: string): Promise<KeyLookup>;
  /** Whether this very key is still in the issuer's newest key set; another key under its id does not count. */
  stillHolds(issuer: CompiledIssuer, jwk: JWK): boolean;
  /** Key-set fetches so far, the failed ones among them. */
  fetches(): number;
  failedFetches(): number;
}

/** A flood of made-up key ids costs one fetch in this time. */
const COOLDOWN_MS = 10_000;
/** So that a key that the provider withdrew is gone, and an unchanged set costs nothing. */
const REFRESH_AFTER_MS = 10 * 60_000;

interface KeySet {
  readonly version: string;
  keys: readonly JWK[];
  imported: WeakMap<JWK, Map<string, Promise<CryptoKey>>>;
  fetchedAtMs: number;
  triedAtMs: number;
  loading: Promise<unknown> | undefined;
  problem: unknown;
}

/** Keys come from the issuer's own discovery document only: what a token says of keys (jwk, jku, x5u, x5c) is never read. */
export function createKeySets(ports: KeySetPorts): KeySets {
  const fetch = ports.fetch ?? fetchJson;
  const sets = new Map<string, KeySet>();
  let fetches = 0;
  let failedFetches = 0;

  const setOf = (issuer: CompiledIssuer): KeySet => {
    const known = sets.get(issuer.issuer.url);
    if (known?.version === issuer.version) return known;
    const fresh: KeySet = {
      version: issuer.version,
      keys: [],
      imported: new WeakMap(),
      fetchedAtMs: -Infinity,
      triedAtMs: -Infinity,
      loading: undefined,
      problem: undefined,
    };
    sets.set(issuer.issuer.url, fresh);
    return fresh;
  };
  const load = async (issuer: CompiledIssuer, set: KeySet): Promise<void> => {
    fetches++;
    set.triedAtMs = ports.now();
    try {
      const former = new Map(set.keys.map((key) => [JSON.stringify(key), key]));
      // A key that stayed keeps its object: by that, `stillHolds` tells it from another key under the same id.
      set.keys = (await readKeys(issuer, fetch)).map((key) => former.get(JSON.stringify(key)) ?? key);
      set.fetchedAtMs = ports.now();
      set.problem = undefined;
      ports.onFetched?.(issuer.name);
    } catch (error) {
      // The keys that are known stay good: an outage of the provider must not log everybody out.
      set.problem = error;
      failedFetches++;
      ports.onProblem?.(issuer.name, error);
    }
  };
  const refresh = (issuer: CompiledIssuer, set: KeySet): Promise<unknown> =>
    (set.loading ??= load(issuer, set).finally(() => (set.loading = undefined)));
  /** A clock that was set back has passed, too: else no key would be fetched until it has caught up. */
  const hasPassed = (sinceMs: number, durationMs: number): boolean => {
    const elapsed = ports.now() - sinceMs;
    return elapsed < 0 || elapsed >= durationMs;
  };
  const pick = (set: KeySet, kid: string | undefined, algorithm: string): JWK | undefined => {
    const fitting = set.keys.filter((key) => fitsAlgorithm(key, algorithm) && (kid === undefined || key.kid === kid));
    // Without a kid only a sole key can be meant (RFC 7515 section 4.1.4 leaves it to us).
    return kid === undefined && fitting.length > 1 ? undefined : fitting[0];
  };
  const importKey = (set: KeySet, jwk: JWK, algorithm: string): Promise<CryptoKey> => {
    let byAlgorithm = set.imported.get(jwk);
    if (!byAlgorithm) set.imported.set(jwk, (byAlgorithm = new Map()));
    let key = byAlgorithm.get(algorithm);
    if (!key) byAlgorithm.set(algorithm, (key = importJWK(publicPart(jwk), algorithm) as Promise<CryptoKey>));
    return key;
  };

  return {
    async find(issuer, kid, algorithm) {
      const set = setOf(issuer);
      let jwk = pick(set, kid, algorithm);
      const stale = hasPassed(set.fetchedAtMs, REFRESH_AFTER_MS);
      if ((!jwk || stale) && (set.loading || hasPassed(set.triedAtMs, COOLDOWN_MS))) {
        const loading = refresh(issuer, set);
        // A key that is known is used while its set is looked at anew.
        if (!jwk) {
          await loading;
          jwk = pick(set, kid, algorithm);
        }
      }
      // The issuer may have added this key since the last successful fetch, so a failed fetch proves nothing about it.
      if (!jwk)
        return set.problem === undefined ? { outcome: 'unknown' } : { outcome: 'unavailable', cause: set.problem };
      try {
        return { outcome: 'found', key: await importKey(set, jwk, algorithm), jwk };
      } catch {
        // A key that is no key verifies nothing.
        return { outcome: 'unknown' };
      }
    },
    stillHolds(issuer, jwk) {
      const set = setOf(issuer);
      // The look that keeps a cached verification honest is started here, never waited for.
      if (hasPassed(set.fetchedAtMs, REFRESH_AFTER_MS) && hasPassed(set.triedAtMs, COOLDOWN_MS))
        void refresh(issuer, set);
      return set.keys.includes(jwk);
    },
    fetches: () => fetches,
    failedFetches: () => failedFetches,
  };
}
