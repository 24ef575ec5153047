import * as client from 'openid-client';
import { Agent, fetch as undiciFetch } from 'undici';
import { GatehouseError } from '#errors';

/** What login needs of an Issuer. `clientSecret` is the opened secret; a public client has none. */
export interface LoginIssuer {
  readonly name: string;
  readonly url: string;
  readonly discoveryUrl: string | undefined;
  readonly certificateAuthority: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
}

export interface Providers {
  /** The provider's configuration. @throws GatehouseError notFound, identityUnavailable. */
  configure(issuerName: string): Promise<{ readonly issuer: LoginIssuer; readonly configuration: client.Configuration }>;
}

const TIMEOUT_SECONDS = 10;
/** A provider may move an endpoint; looking again costs two requests. */
const REDISCOVER_AFTER_MS = 10 * 60_000;

/**
 * Discovers providers and remembers them until the Issuer changes.
 * @param readIssuer the Issuer as configured now; undefined where it is no login provider.
 */
export function createProviders(readIssuer: (name: string) => Promise<LoginIssuer | undefined>, now: () => number): Providers {
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
        throw new GatehouseError('identityUnavailable', `the login provider "${name}" cannot be reached; try again later`, { cause });
      }
    },
  };
}

async function discover(issuer: LoginIssuer): Promise<client.Configuration> {
  const dispatcher = new Agent({ connect: issuer.certificateAuthority ? { ca: issuer.certificateAuthority } : {}, allowH2: false });
  const customFetch = ((url: string, options: object) => undiciFetch(url, { ...options, dispatcher } as never)) as unknown as client.CustomFetch;
  const authentication = issuer.clientSecret === undefined ? client.None() : client.ClientSecretBasic(issuer.clientSecret);
  const configuration = await client.discovery(new URL(issuer.discoveryUrl ?? issuer.url), issuer.clientId, undefined, authentication, { [client.customFetch]: customFetch, timeout: TIMEOUT_SECONDS });
  if (configuration.serverMetadata().issuer !== issuer.url) throw new Error('the discovery document names another issuer');
  return configuration;
}
