import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import { generate } from 'selfsigned';

/** What the hostile provider knows of the login that it answers. */
export interface TokenQuestion {
  readonly issuerUrl: string;
  /** The nonce that the gateway sent, if it sent one. */
  readonly nonce: string;
  readonly privateKey: KeyObject;
}

export interface HostileProvider {
  readonly issuerUrl: string;
  readonly caPem: string;
  /** Where it would send the browser that came to this authorization address. */
  answer(authorizationUrl: string): string;
  /** The `id_token` of the next token answer; undefined leaves it out. */
  makeIdToken: (question: TokenQuestion) => string | undefined;
  stop(): Promise<void>;
}

/** A provider that is configured, and gives whatever ID token a test wants: so much do we believe a token endpoint. */
export async function startHostileProvider(): Promise<HostileProvider> {
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }] as never,
  });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'hostile' } as JWK;
  let nonce = '';
  const server = createServer({ cert: certificate.cert, key: certificate.private }, (request, response) => {
    const idToken = request.url === '/token' ? provider.makeIdToken({ issuerUrl, nonce, privateKey }) : undefined;
    const bodies: Record<string, object> = {
      '/.well-known/openid-configuration': {
        issuer: issuerUrl,
        authorization_endpoint: `${issuerUrl}/authorize`,
        token_endpoint: `${issuerUrl}/token`,
        jwks_uri: `${issuerUrl}/keys`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['none', 'HS256', 'ES256', 'RS256'],
      },
      '/keys': { keys: [jwk] },
      '/token': { access_token: 'x', token_type: 'Bearer', ...(idToken === undefined ? {} : { id_token: idToken }) },
    };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(bodies[request.url ?? ''] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const issuerUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const provider: HostileProvider = {
    issuerUrl,
    caPem: certificate.cert,
    answer(authorizationUrl) {
      const asked = new URL(authorizationUrl).searchParams;
      nonce = asked.get('nonce') ?? '';
      const callback = new URL(asked.get('redirect_uri') ?? '');
      callback.search = new URLSearchParams({ code: 'code', state: asked.get('state') ?? '' }).toString();
      return callback.href;
    },
    makeIdToken: () => undefined,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return provider;
}
