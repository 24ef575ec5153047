import { createPrivateKey, generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { generate } from 'selfsigned';

export interface IdTokenOptions {
  /** May be negative: then the token has expired. */
  readonly expiresInSeconds?: number;
  readonly audience?: string | string[];
  readonly issuer?: string;
  /** Replaces or adds claims; an undefined value removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface IdentityProvider {
  readonly issuerUrl: string;
  readonly caPem: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The private key that ID tokens are signed with, so that other processes of a test can sign as this provider. */
  readonly signingKey: JWK;
  passwordOf(person: string): string;
  /** An ID token as the provider would give it, signed with its own key. */
  issueIdToken(person: string, options?: IdTokenOptions): Promise<string>;
  stop(): Promise<void>;
}

export interface IdentityProviderOptions {
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly idTokenSeconds: number;
  readonly port?: number;
}

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  alice: ['team-a-admins'],
  bob: ['team-a-viewers'],
  carol: ['auditors'],
  dave: ['team-a-stored'],
  root: ['cluster-admins'],
};
const ALGORITHM = 'ES256';

const claimsOf = (person: string): Record<string, unknown> => ({
  sub: person, preferred_username: person, name: person, email: `${person}@example.com`, email_verified: true, groups: GROUPS[person] ?? [],
});

/**
 * A real OpenID provider (certified `oidc-provider`) on https://localhost, another site than a gateway on 127.0.0.1.
 * Five people with random passwords; for demo and tests only.
 */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const certificate = await makeCertificate();
  const handler: { handle: (request: IncomingMessage, response: ServerResponse) => void } = { handle: (_request, response) => void response.writeHead(503).end() };
  const server = createServer({ cert: certificate.cert, key: certificate.private }, (request, response) => handler.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, 'localhost', resolve);
  });
  const issuerUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const clientId = 'gatehouse';
  const clientSecret = randomBytes(24).toString('base64url');
  const passwords = new Map(Object.keys(GROUPS).map((name) => [name, randomBytes(12).toString('base64url')]));
  const signingKey: JWK = { ...(await exportJWK(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)), kid: randomBytes(8).toString('hex'), alg: ALGORITHM, use: 'sig' };
  const provider = new Provider(issuerUrl, configurationOf(options, { clientId, clientSecret, signingKey }));
  provider.on('server_error', (_context, error) => process.stderr.write(`identity provider: ${error.message}\n`));
  const callback = provider.callback();
  handler.handle = (request, response) => {
    const uid = /^\/login\/([\w-]+)$/.exec(request.url ?? '')?.[1];
    if (uid === undefined) return void callback(request, response);
    handleLogin(provider, uid, passwords, request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  };

  return {
    issuerUrl, caPem: certificate.cert, clientId, clientSecret, signingKey,
    passwordOf(person) {
      const password = passwords.get(person);
      if (password === undefined) throw new Error(`nobody is called ${person}`);
      return password;
    },
    issueIdToken: (person, tokenOptions) => signIdToken({ issuerUrl, clientId, signingKey }, person, tokenOptions),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Signs an ID token with a provider's key; pure but for the clock, so that tests in other processes can use it. */
export async function signIdToken(provider: { issuerUrl: string; clientId: string; signingKey: JWK }, person: string, options: IdTokenOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const expiresIn = options.expiresInSeconds ?? 3600;
  const claims: Record<string, unknown> = {
    ...claimsOf(person),
    iss: options.issuer ?? provider.issuerUrl,
    aud: options.audience ?? provider.clientId,
    iat: expiresIn > 0 ? now : now + expiresIn - 3600,
    exp: now + expiresIn,
    ...options.claims,
  };
  for (const [name, value] of Object.entries(claims)) if (value === undefined) delete claims[name];
  const key = createPrivateKey({ key: provider.signingKey as never, format: 'jwk' });
  return await new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid: provider.signingKey.kid as string, typ: 'JWT', ...options.header }).sign(key);
}

function configurationOf(options: IdentityProviderOptions, client: { clientId: string; clientSecret: string; signingKey: JWK }): Configuration {
  return {
    clients: [{
      client_id: client.clientId,
      client_secret: client.clientSecret,
      redirect_uris: [...options.redirectUris],
      post_logout_redirect_uris: [...(options.postLogoutRedirectUris ?? [])],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: ALGORITHM,
    }],
    jwks: { keys: [client.signingKey as never] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name'], email: ['email', 'email_verified'], groups: ['groups'] },
    // The ID token itself carries the claims, as Dex and Keycloak do it.
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/login/${interaction.uid}` },
    findAccount: (_context, id) => (Object.hasOwn(GROUPS, id) ? { accountId: id, claims: () => claimsOf(id) as { sub: string } } : undefined),
    // A first-party client: people log in, they are not asked for consent.
    loadExistingGrant: async (context) => {
      const { client: asking, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({ clientId: asking?.clientId, accountId: session?.accountId });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    ttl: { IdToken: options.idTokenSeconds, AccessToken: 600, AuthorizationCode: 60, Interaction: 600, Session: 3600, Grant: 3600 },
  };
}

async function handleLogin(provider: Provider, uid: string, passwords: ReadonlyMap<string, string>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Only the browser that was sent here has the interaction's cookie.
  const details = await provider.interactionDetails(request, response);
  if (details.uid !== uid) throw new Error('another login');
  if (request.method !== 'POST') return page(response, 200, uid, '');
  const form = new URLSearchParams(await readForm(request));
  const username = form.get('username') ?? '';
  if (!isPassword(passwords.get(username), form.get('password') ?? '')) return page(response, 401, uid, 'The name or the password is wrong.');
  await provider.interactionFinished(request, response, { login: { accountId: username } }, { mergeWithLastSubmission: false });
}

function isPassword(expected: string | undefined, given: string): boolean {
  const wanted = Buffer.from(expected ?? '');
  const got = Buffer.from(given);
  return expected !== undefined && wanted.length === got.length && timingSafeEqual(wanted, got);
}

async function readForm(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > 4096) throw new Error('too large');
  }
  return text;
}

function page(response: ServerResponse, status: number, uid: string, problem: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo login</title><h1>Demo login</h1><p>${problem}</p>
<form method="post" action="/login/${uid}"><label>Name <input name="username" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label><button>Log in</button></form></html>`);
}

async function makeCertificate(): Promise<{ cert: string; private: string }> {
  return await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec', curve: 'P-256', algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 30 * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ] as never,
  });
}
