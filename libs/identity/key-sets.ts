import { importJWK, type CryptoKey, type JWK } from 'jose';
import type { CompiledIssuer } from './compile-issuers.ts';
import { fetchJson } from './fetch-json.ts';

export type FetchJson = (url: string, certificateAuthority: string | undefined) => Promise<unknown>;

export interface KeySetPorts {
  now(): number;
  readonly fetch?: FetchJson;
}

export type KeyLookup =
  | { readonly outcome: 'found'; readonly key: CryptoKey; /** Which key set it came from; changes when the set does. */ readonly generation: number }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'unavailable'; readonly cause: unknown };

export interface KeySets {
  /** The issuer's key of this id and algorithm. Fetches at most once a cooldown, however many unknown ids are asked for. */
  find(issuer: CompiledIssuer, kid: string | undefined, algorithm: string): Promise<KeyLookup>;
  /** Whether a key is still in the issuer's newest key set. */
  stillHolds(issuer: CompiledIssuer, kid: string | undefined, algorithm: string): boolean;
  /** Key-set fetches so far. */
  fetches(): number;
}

/** A flood of made-up key ids costs one fetch in this time. */
const COOLDOWN_MS = 10_000;
/** So that a key that the provider withdrew is gone, and an unchanged set costs nothing. */
const REFRESH_AFTER_MS = 10 * 60_000;

interface KeySet {
  readonly version: string;
  keys: readonly JWK[];
  imported: Map<string, Promise<CryptoKey>>;
  generation: number;
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

  const setOf = (issuer: CompiledIssuer): KeySet => {
    const known = sets.get(issuer.issuer.url);
    if (known?.version === issuer.version) return known;
    const fresh: KeySet = { version: issuer.version, keys: [], imported: new Map(), generation: 0, fetchedAtMs: -Infinity, triedAtMs: -Infinity, loading: undefined, problem: undefined };
    sets.set(issuer.issuer.url, fresh);
    return fresh;
  };
  const load = async (issuer: CompiledIssuer, set: KeySet): Promise<void> => {
    fetches++;
    set.triedAtMs = ports.now();
    try {
      const keys = await readKeys(issuer, fetch);
      if (JSON.stringify(keys) !== JSON.stringify(set.keys)) {
        set.generation++;
        set.imported = new Map();
      }
      set.keys = keys;
      set.fetchedAtMs = ports.now();
      set.problem = undefined;
    } catch (error) {
      // The keys that are known stay good: an outage of the provider must not log everybody out.
      set.problem = error;
    }
  };
  const refresh = (issuer: CompiledIssuer, set: KeySet): Promise<unknown> => (set.loading ??= load(issuer, set).finally(() => (set.loading = undefined)));
  const pick = (set: KeySet, kid: string | undefined, algorithm: string): JWK | undefined => {
    const fitting = set.keys.filter((key) => fits(key, algorithm) && (kid === undefined || key.kid === kid));
    // Without a kid only a sole key can be meant (RFC 7515 section 4.1.4 leaves it to us).
    return kid === undefined && fitting.length > 1 ? undefined : fitting[0];
  };

  return {
    async find(issuer, kid, algorithm) {
      const set = setOf(issuer);
      const now = ports.now();
      const stale = now - set.fetchedAtMs > REFRESH_AFTER_MS;
      let jwk = pick(set, kid, algorithm);
      if ((!jwk || stale) && (set.loading || now - set.triedAtMs >= COOLDOWN_MS)) {
        const loading = refresh(issuer, set);
        // A key that is known is used while its set is looked at anew.
        if (!jwk) {
          await loading;
          jwk = pick(set, kid, algorithm);
        }
      }
      if (!jwk) return set.keys.length === 0 && set.problem !== undefined ? { outcome: 'unavailable', cause: set.problem } : { outcome: 'unknown' };
      const id = `${jwk.kid ?? ''}\u0000${algorithm}`;
      let key = set.imported.get(id);
      if (!key) set.imported.set(id, (key = importJWK(jwk, algorithm) as Promise<CryptoKey>));
      try {
        return { outcome: 'found', key: await key, generation: set.generation };
      } catch {
        return { outcome: 'unknown' };
      }
    },
    stillHolds(issuer, kid, algorithm) {
      const set = setOf(issuer);
      // The look that keeps a cached verification honest is started here, never waited for.
      if (ports.now() - set.fetchedAtMs > REFRESH_AFTER_MS && ports.now() - set.triedAtMs >= COOLDOWN_MS) void refresh(issuer, set);
      return pick(set, kid, algorithm) !== undefined;
    },
    fetches: () => fetches,
  };
}

async function readKeys(issuer: CompiledIssuer, fetch: FetchJson): Promise<readonly JWK[]> {
  const { certificateAuthority, url } = issuer.issuer;
  const document = (await fetch(issuer.discoveryUrl, certificateAuthority)) as { issuer?: unknown; jwks_uri?: unknown };
  if (document.issuer !== url) throw new Error(`the discovery document names the issuer ${JSON.stringify(document.issuer)}, not ${JSON.stringify(url)}`);
  if (typeof document.jwks_uri !== 'string' || !document.jwks_uri.startsWith('https://')) throw new Error('the discovery document has no https jwks_uri');
  const { keys } = (await fetch(document.jwks_uri, certificateAuthority)) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the key set has no keys');
  return keys.filter((key: JWK) => key !== null && typeof key === 'object' && key.kty !== 'oct' && (key.use === undefined || key.use === 'sig'));
}

const KEY_TYPE: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC', Ed: 'OKP' };

function fits(key: JWK, algorithm: string): boolean {
  return key.kty === KEY_TYPE[algorithm.slice(0, 2)] && (key.alg === undefined || key.alg === algorithm || (key.alg === 'EdDSA' && algorithm === 'Ed25519'));
}
