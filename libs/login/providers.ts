import * as client from 'openid-client';
import { GatehouseError } from '#errors';
import { isLoopbackName } from '#outbound';
import { authenticateClient } from './authenticate-client.ts';
import { createProviderFetch } from './create-provider-fetch.ts';
import type { LoginIssuer } from './login-issuer.ts';

export interface Providers {
  /** The provider's configuration. @throws GatehouseError notFound, identityUnavailable. */
  configure(
    issuerName: string,
  ): Promise<{ readonly issuer: LoginIssuer; readonly configuration: client.Configuration }>;
  /** Looks anew at the next login: what did not verify may have been signed with a key that is newer than our copy. */
  forget(issuerName: string): void;
}

const TIMEOUT_SECONDS = 10;
/** A provider may move an endpoint; looking again costs two requests. */
const REDISCOVER_AFTER_MS = 10 * 60_000;

/**
 * Discovers providers and remembers them until the Issuer changes. Each login has a configuration of its own, since the
 * library ties its copy of the keys to it.
 * @param readIssuer the Issuer as configured now; undefined where it is no login provider.
 */
export function createProviders(
  readIssuer: (name: string) => Promise<LoginIssuer | undefined>,
  now: () => number,
): Providers {
  const known = new Map<string, { version: string; atMs: number; discovered: Promise<() => client.Configuration> }>();
  return {
    async configure(name) {
      const issuer = await readIssuer(name);
      if (!issuer) throw new GatehouseError('notFound', `there is no login provider "${name}"`);
      const version = JSON.stringify(issuer);
      let entry = known.get(name);
      if (!entry || entry.version !== version || now() - entry.atMs > REDISCOVER_AFTER_MS) {
        entry = { version, atMs: now(), discovered: discover(issuer) };
        known.set(name, entry);
      }
      try {
        return { issuer, configuration: (await entry.discovered)() };
      } catch (cause) {
        // The next login tries again.
        if (known.get(name) === entry) known.delete(name);
        throw new GatehouseError(
          'identityUnavailable',
          `the login provider "${name}" cannot be reached; try again later, or ask an admin: the log of the gateway says why`,
          { cause },
        );
      }
    },
    forget: (name) => void known.delete(name),
  };
}

/** Answers with what makes a configuration for one login or refresh. */
async function discover(issuer: LoginIssuer): Promise<() => client.Configuration> {
  // Read here and not by `client.discovery`, which appends to a URL without `/.well-known/`: `discoveryURL` is exact,
  // as in Kubernetes, and as the bearer check reads it.
  const url = issuer.discoveryUrl ?? `${issuer.url.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const allowLoopback = issuer.allowLoopback === true || isLoopbackName(new URL(url).hostname);
  const providerFetch = createProviderFetch(issuer.certificateAuthority, allowLoopback);
  const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
  const headers = { accept: 'application/json' };
  const answer = await providerFetch(url, { body: undefined, headers, method: 'GET', redirect: 'manual', signal });
  if (answer.status !== 200) throw new Error(`the discovery document cannot be had (${answer.status})`);
  const metadata = (await answer.json()) as client.ServerMetadata;
  if (metadata.issuer !== issuer.url)
    throw new Error(
      `the discovery document names the issuer ${JSON.stringify(metadata.issuer)}, not ${JSON.stringify(issuer.url)}`,
    );
  for (const endpoint of ['authorization_endpoint', 'token_endpoint'] as const)
    if (typeof metadata[endpoint] !== 'string')
      throw new Error(`the discovery document names no ${endpoint}: nobody can log in there`);
  const authentication = await authenticateClient(issuer, metadata);
  let last: client.Configuration | undefined;
  let keys: client.ExportedJWKSCache | undefined;
  return () => {
    const configuration = new client.Configuration(metadata, issuer.clientId, undefined, authentication);
    configuration[client.customFetch] = providerFetch;
    configuration.timeout = TIMEOUT_SECONDS;
    // TLS to the token endpoint would do (OpenID Connect Core section 3.1.3.7); the signature costs one look at the keys
    // and also rules out `none` and HMAC, which a provider may list.
    client.enableNonRepudiationChecks(configuration);
    keys = (last && client.getJwksCache(last)) ?? keys;
    if (keys)
      client.setJwksCache(configuration, { ...keys, uat: Math.min(keys.uat, clockSeconds() - LOOK_AGAIN_AFTER) });
    last = configuration;
    return configuration;
  };
}

/**
 * The library does not look for a key that it does not know while its copy of the key set is younger than this, so that
 * a flood of made-up keys costs nothing. Here tokens come from the provider's own token endpoint, and the code or the
 * refresh token that was spent for one cannot be spent again: Dex signs with a new key from the moment that it has one,
 * and everybody who was refreshed within that minute would lose their session. So a copy is never young.
 */
const LOOK_AGAIN_AFTER = 60;
/** The library reads the clock itself. */
const clockSeconds = (): number => Math.floor(Date.now() / 1000);
