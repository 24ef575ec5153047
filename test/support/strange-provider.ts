import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { generate } from 'selfsigned';

/** What differs at this provider from an ordinary one. */
export interface Quirks {
  /** Of its `iss`, below the server's address. Default: `/<name>`. */
  readonly path?: string;
  /** Where its discovery document lies. Default: below `path`, as OpenID Connect Discovery section 4 says. */
  readonly discoveryPath?: string;
  readonly algorithm?: string;
  /** Of the token's header; null leaves it out. */
  readonly kid?: string | null;
  readonly metadata?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  /** Claims that the ID token lacks, and that the userinfo endpoint gives, signed (`application/jwt`). */
  readonly userinfo?: Record<string, unknown>;
  /** What it publishes, made of its own key. */
  keys?(own: JWK): readonly unknown[];
  /** Answers instead of the ordinary one. True: it has. */
  answer?(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

/** Another answer of one of the endpoints `discovery`, `keys`, `authorize`, `token`. */
export const answerAt = (
  endpoint: string,
  status: number,
  headers: Record<string, string> = {},
  body = '',
): Quirks => ({
  answer(path, _request, response) {
    if (path !== endpoint) return false;
    response.writeHead(status, headers).end(body);
    return true;
  },
});

export interface StrangeProvider {
  /** Of the Issuer. */
  readonly name: string;
  readonly claimsFromUserinfo: boolean;
  readonly url: string;
  readonly discoveryURL: string | undefined;
  /** A bearer of this provider for alice. */
  issueToken(claims?: Record<string, unknown>): Promise<string>;
  /** Bodies and headers that its endpoints had, by path. */
  readonly seen: { readonly path: string; readonly body: string; readonly authorization: string | undefined }[];
}

export interface StrangeProviders {
  readonly origin: string;
  readonly caPem: string;
  /** By what is odd about them. */
  readonly by: ReadonlyMap<string, StrangeProvider>;
  stop(): Promise<void>;
}

export const STRANGE_CLIENT = { clientID: 'gatehouse', clientSecret: 'a-secret:of+the gateway' };

/** Providers of one server on localhost, each odd in its own way; everybody is alice there, and need not log in. */
export async function startStrangeProviders(quirks: Readonly<Record<string, Quirks>>): Promise<StrangeProviders> {
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }] as never,
  });
  const routes = new Map<string, (request: IncomingMessage, response: ServerResponse) => unknown>();
  const server = createServer({ cert: certificate.cert, key: certificate.private }, (request, response) => {
    const route = routes.get((request.url ?? '').split('?')[0] ?? '');
    if (!route) return void response.writeHead(404).end('{}');
    void route(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  const by = new Map<string, StrangeProvider>();
  for (const [at, [what, quirk]] of Object.entries(quirks).entries())
    by.set(what, await serve(`strange-${at}`, quirk, origin, routes));
  return {
    origin,
    caPem: certificate.cert,
    by,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  name: string,
  quirk: Quirks,
  origin: string,
  routes: Map<string, (request: IncomingMessage, response: ServerResponse) => unknown>,
): Promise<StrangeProvider> {
  const { algorithm = 'RS256', path = `/${name}` } = quirk;
  const url = origin + path;
  const discoveryPath = quirk.discoveryPath ?? `${path.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const own: JWK = { ...(await exportJWK(publicKey)), kid: 'one', use: 'sig' };
  const sign = (claims: Record<string, unknown>): Promise<string> => signWith(privateKey, algorithm, quirk.kid, claims);
  const ordinary = (): Record<string, unknown> => {
    const now = Math.floor(Date.now() / 1000);
    const groups = quirk.userinfo ? {} : { groups: ['developers'] };
    const person = { sub: 'alice', preferred_username: 'alice', ...groups };
    return { iss: url, aud: STRANGE_CLIENT.clientID, ...person, iat: now, exp: now + 600, ...quirk.claims };
  };
  const seen: { path: string; body: string; authorization: string | undefined }[] = [];
  const at = (end: string, make: (body: string, query: URLSearchParams) => unknown): string => {
    const where = `/-${name}/${end}`;
    add(where, end, make);
    return origin + where;
  };
  const add = (where: string, end: string, make: (body: string, query: URLSearchParams) => unknown): void => {
    routes.set(where, async (request, response) => {
      if (quirk.answer?.(end, request, response)) return;
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push({ path: end, body, authorization: request.headers.authorization });
      const made = await make(body, new URL(request.url ?? '', origin).searchParams);
      if (made instanceof URL) return void response.writeHead(302, { location: made.href }).end();
      // RFC 9126 section 2.2.
      response.statusCode = end === 'par' ? 201 : 200;
      response.setHeader('content-type', typeof made === 'string' ? 'application/jwt' : 'application/json');
      response.end(typeof made === 'string' ? made : JSON.stringify(made));
    });
  };
  const pushed = new Map<string, URLSearchParams>();
  let nonce = '';
  const metadata = {
    issuer: url,
    authorization_endpoint: at('authorize', (_body, query) => {
      const asked = quirk.metadata?.require_pushed_authorization_requests
        ? (pushed.get(query.get('request_uri') ?? '') ?? new URLSearchParams())
        : query;
      nonce = asked.get('nonce') ?? '';
      const callback = new URL(asked.get('redirect_uri') ?? '');
      callback.searchParams.set('code', 'code');
      callback.searchParams.set('state', asked.get('state') ?? '');
      if (quirk.metadata?.authorization_response_iss_parameter_supported) callback.searchParams.set('iss', url);
      return callback;
    }),
    token_endpoint: at('token', async () => ({
      access_token: 'opaque',
      token_type: 'bearer',
      expires_in: '3600',
      id_token: await sign({ ...ordinary(), nonce }),
    })),
    ...(quirk.userinfo
      ? {
          userinfo_endpoint: at('userinfo', () =>
            sign({ ...quirk.userinfo, iss: url, aud: STRANGE_CLIENT.clientID, sub: 'alice' }),
          ),
          userinfo_signing_alg_values_supported: [algorithm],
        }
      : {}),
    jwks_uri: at('keys', () => ({ keys: quirk.keys?.(own) ?? [own] })),
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: [algorithm],
    ...(quirk.metadata?.require_pushed_authorization_requests
      ? {
          pushed_authorization_request_endpoint: at('par', (body) => {
            const reference = `urn:ietf:params:oauth:request_uri:${randomBytes(8).toString('hex')}`;
            pushed.set(reference, new URLSearchParams(body));
            return { request_uri: reference, expires_in: 60 };
          }),
        }
      : {}),
    ...quirk.metadata,
  };
  add(discoveryPath, 'discovery', () => metadata);
  return {
    name,
    claimsFromUserinfo: quirk.userinfo !== undefined,
    url,
    discoveryURL: quirk.discoveryPath === undefined ? undefined : origin + quirk.discoveryPath,
    issueToken: (claims = {}) => sign({ ...ordinary(), ...claims }),
    seen,
  };
}

async function signWith(
  key: CryptoKey,
  alg: string,
  kid: string | null | undefined,
  claims: Record<string, unknown>,
): Promise<string> {
  const header = kid === null ? { alg } : { alg, kid: kid ?? 'one', typ: 'JWT' };
  return await new SignJWT(claims).setProtectedHeader(header).sign(key);
}
