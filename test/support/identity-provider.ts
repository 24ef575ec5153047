import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import type Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';
import { generate } from 'selfsigned';
import { createMemoryAdapter } from './identity-provider-adapter.ts';
import { ORDINARY_ACR, STRONG_ACR, handleLogin } from './identity-provider-login.ts';
import { confirmLogout, fetchTrusting } from './identity-provider-logout.ts';
import { PEOPLE_OF_PROVIDER, createPeople, type People } from './identity-provider-people.ts';
import { ALGORITHM, createSigningKey, signIdToken, type IdTokenOptions } from './identity-provider-tokens.ts';

export { signIdToken, type IdTokenOptions } from './identity-provider-tokens.ts';

export interface IdentityProvider {
  readonly issuerUrl: string;
  readonly caPem: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The private key that ID tokens are signed with now, so that other processes of a test can sign as this provider. */
  readonly signingKey: JWK;
  passwordOf(person: string): string;
  /** An ID token as the provider would give it, signed with its own key. */
  issueIdToken(person: string, options?: IdTokenOptions): Promise<string>;
  /** Signs with a new key from now on; the former one is published on only where `keepFormer`. Logins go on. */
  rotateKey(options: { keepFormer: boolean }): Promise<void>;
  /** Requests that the key set's address has had, as the provider itself counts them. */
  keySetRequests(): number;
  /** While set, every request (or every one to this path) is answered with 503, as by a provider that is down behind its proxy. */
  setOutage(isOut: boolean | string): void;
  /** From the next token on. */
  setGroups(person: string, groups: readonly string[]): void;
  /** The account is gone: nobody logs in with it, and what was given for it is refused. */
  removePerson(person: string): void;
  /** Requests that the token endpoint has had. */
  tokenRequests(): number;
  stop(): Promise<void>;
}

export interface IdentityProviderOptions {
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly idTokenSeconds: number;
  readonly port?: number;
  /** By person; a random one for whoever is absent. */
  readonly passwords?: Readonly<Record<string, string>>;
  readonly client?: ClientOptions;
}

export interface ClientOptions {
  /** With the scope offline_access. */
  readonly refreshTokens?: boolean;
  /** The client then proves itself by an assertion (private_key_jwt). */
  readonly publicKey?: JWK;
  /** Told of each logout; `ca` is read when it is needed. */
  readonly backchannelLogout?: { readonly uri: string; ca(): string };
  /** The ID token has no claims but those of the login. */
  readonly claimsInUserinfoOnly?: boolean;
}

/** A program on a person's own machine, as kubelogin is: no secret, PKCE. No Issuer names it unless a test does. */
export const PUBLIC_CLIENT = 'kubelogin';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const unavailable: Handler = (_request, response) => void response.writeHead(503).end();

/**
 * A real OpenID provider (certified `oidc-provider`) on https://localhost, another site than a gateway on 127.0.0.1.
 * Five people with random passwords; for demo and tests only.
 */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const certificate = await makeCertificate();
  let handler: Handler = unavailable;
  let isOut: boolean | string = false;
  let keySetRequests = 0;
  let tokenRequests = 0;
  const people = createPeople();
  const server = createServer({ cert: certificate.cert, key: certificate.private }, (request, response) => {
    if (request.url === '/jwks') keySetRequests++;
    if (request.url === '/token') tokenRequests++;
    (isOut === true || isOut === request.url ? unavailable : handler)(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, 'localhost', resolve);
  });
  const issuerUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const client = { clientId: 'gatehouse', clientSecret: randomBytes(24).toString('base64url') };
  const passwords = new Map(
    PEOPLE_OF_PROVIDER.map((name) => [name, options.passwords?.[name] ?? randomBytes(12).toString('base64url')]),
  );
  const OidcProvider = await importQuietly();
  const shared = { adapter: createMemoryAdapter(), cookies: { keys: [randomBytes(24).toString('base64url')] } };
  let keys: readonly JWK[] = [];
  // A provider's keys are fixed when it is made; another one on the same rows and cookies goes on where it stood.
  const serveWith = (newKeys: readonly JWK[]): void => {
    keys = newKeys;
    const provider = new OidcProvider(issuerUrl, { ...configurationOf(options, client, newKeys, people), ...shared });
    provider.on('server_error', (_context, error) =>
      process.stderr.write(`identity provider: ${error.stack ?? error.message}\n`),
    );
    handler = createHandler(provider, passwords);
  };
  serveWith([await createSigningKey()]);

  return {
    issuerUrl,
    caPem: certificate.cert,
    ...client,
    get signingKey() {
      return keys[0] as JWK;
    },
    passwordOf(person) {
      const password = passwords.get(person);
      if (password === undefined) throw new Error(`nobody is called ${person}`);
      return password;
    },
    issueIdToken: (person, tokenOptions) =>
      signIdToken({ issuerUrl, clientId: client.clientId, signingKey: keys[0] as JWK }, person, tokenOptions),
    async rotateKey({ keepFormer }) {
      serveWith([await createSigningKey(), ...(keepFormer ? keys : [])]);
    },
    keySetRequests: () => keySetRequests,
    tokenRequests: () => tokenRequests,
    setGroups: people.setGroups,
    removePerson: people.remove,
    setOutage(value) {
      isOut = value;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function createHandler(provider: Provider, passwords: ReadonlyMap<string, string>): Handler {
  const callback = provider.callback();
  return (request, response) => {
    const uid = /^\/login\/([\w-]+)$/.exec(request.url ?? '')?.[1];
    if (uid === undefined) return void callback(request, response);
    handleLogin(provider, uid, passwords, request, response).catch(() => response.writeHead(400).end('no such login'));
  };
}

function configurationOf(
  options: IdentityProviderOptions,
  client: { clientId: string; clientSecret: string },
  keys: readonly JWK[],
  people: People,
): Configuration {
  const { refreshTokens, publicKey, backchannelLogout, claimsInUserinfoOnly } = options.client ?? {};
  const scopes = ['openid', 'profile', 'email', 'groups', ...(refreshTokens ? ['offline_access'] : [])];
  return {
    clients: [
      {
        client_id: client.clientId,
        ...(publicKey
          ? { token_endpoint_auth_method: 'private_key_jwt' as const, jwks: { keys: [publicKey as never] } }
          : { client_secret: client.clientSecret }),
        ...(backchannelLogout
          ? { backchannel_logout_uri: backchannelLogout.uri, backchannel_logout_session_required: true }
          : {}),
        redirect_uris: [...options.redirectUris],
        post_logout_redirect_uris: [...(options.postLogoutRedirectUris ?? [])],
        grant_types: ['authorization_code', ...(refreshTokens ? ['refresh_token' as const] : [])],
        response_types: ['code'],
        id_token_signed_response_alg: ALGORITHM,
      },
      {
        client_id: PUBLIC_CLIENT,
        token_endpoint_auth_method: 'none',
        // RFC 8252: of a native program's loopback address any port will do.
        application_type: 'native',
        redirect_uris: ['http://localhost'],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: ALGORITHM,
      },
    ],
    jwks: { keys: keys as never },
    acrValues: [ORDINARY_ACR, STRONG_ACR],
    scopes,
    rotateRefreshToken: true,
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'name'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    // The ID token itself carries the claims, as Dex and Keycloak do it.
    conformIdTokenClaims: claimsInUserinfoOnly ?? false,
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: backchannelLogout !== undefined },
      rpInitiatedLogout: { logoutSource: confirmLogout },
    },
    ...(backchannelLogout ? { fetch: fetchTrusting(backchannelLogout.ca) } : {}),
    interactions: { url: (_context, interaction) => `/login/${interaction.uid}` },
    findAccount: (_context, id) => (people.has(id) ? { accountId: id, claims: () => people.claimsOf(id) } : undefined),
    // A first-party client: people log in, they are not asked for consent.
    loadExistingGrant: async (context) => {
      const { client: asking, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({ clientId: asking?.clientId, accountId: session?.accountId });
      grant.addOIDCScope(scopes.join(' '));
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    ttl: {
      IdToken: options.idTokenSeconds,
      AccessToken: 600,
      AuthorizationCode: 60,
      Interaction: 600,
      RefreshToken: 3600,
      Session: 3600,
      Grant: 3600,
    },
  };
}

/** The library warns about every Node that is no LTS release yet; the one here is pinned and chosen. */
async function importQuietly(): Promise<typeof Provider> {
  const { warn } = console;
  console.warn = () => {};
  try {
    return (await import('oidc-provider')).default;
  } finally {
    console.warn = warn;
  }
}

async function makeCertificate(): Promise<{ cert: string; private: string }> {
  return await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 30 * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ] as never,
  });
}
