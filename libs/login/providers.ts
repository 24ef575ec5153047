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
 * Discovers providers and remembers them until the Issuer changes.
 * @param readIssuer the Issuer as configured now; undefined where it is no login provider.
 */
export function createProviders(
  readIssuer: (name: string) => Promise<LoginIssuer | undefined>,
  now: () => number,
): Providers {
  const known = new Map<string, { version: string; atMs: number; configuration: Promise<client.Configuration> }>();
  return {
    async configure(name) {
      const issuer = await readIssuer(name);
      if (!issuer) throw new GatehouseError('notFound', `there is no login provider "${name}"`);
      const version = JSON.stringify(issuer);
      let entry = known.get(name);
      if (!entry || entry.version !== version || now() - entry.atMs > REDISCOVER_AFTER_MS) {
        entry = { version, atMs: now(), configuration: discover(issuer) };
        known.set(name, entry);
      }
      try {
        return { issuer, configuration: await entry.configuration };
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

async function discover(issuer: LoginIssuer): Promise<client.Configuration> {
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
  const configuration = new client.Configuration(metadata, issuer.clientId, undefined, authentication);
  configuration[client.customFetch] = providerFetch;
  configuration.timeout = TIMEOUT_SECONDS;
  // TLS to the token endpoint would do (OpenID Connect Core section 3.1.3.7); the signature costs one look at the keys
  // and also rules out `none` and HMAC, which a provider may list.
  client.enableNonRepudiationChecks(configuration);
  return configuration;
}
