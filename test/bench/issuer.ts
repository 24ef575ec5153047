import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import type { KeyedCertificate } from '../cluster/issue-certificates.ts';
import { ALGORITHM, createSigningKey, signIdToken } from '../support/identity-provider-tokens.ts';

/** Somebody whom the issuer knows. */
export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The least of an OpenID provider: discovery, a key set, and ID tokens for whomever the bench invents. */
export interface Issuer {
  readonly url: string;
  readonly caPem: string;
  readonly clientId: string;
  sign(person: Person): Promise<string>;
  close(): Promise<void>;
}

const TOKEN_SECONDS = 6 * 3600;

export async function startIssuer(certificate: KeyedCertificate, caPem: string): Promise<Issuer> {
  const signingKey: JWK = await createSigningKey();
  const { d: _private, ...published } = signingKey;
  let url = '';
  const server = createServer({ cert: certificate.certPem, key: certificate.keyPem }, (request, response) => {
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        issuer: url,
        authorization_endpoint: `${url}/auth`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [ALGORITHM],
      },
      '/keys': { keys: [published] },
    };
    const document = documents[request.url ?? ''];
    response.writeHead(document ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'gatehouse';
  return {
    url,
    caPem,
    clientId,
    sign: (person) =>
      signIdToken({ issuerUrl: url, clientId, signingKey }, person.name, {
        expiresInSeconds: TOKEN_SECONDS,
        claims: { groups: person.groups },
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
