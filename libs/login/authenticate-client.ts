import { createPrivateKey, type KeyObject } from 'node:crypto';
import { importPKCS8 } from 'jose';
import * as client from 'openid-client';
import type { LoginIssuer } from './login-issuer.ts';

/**
 * How the client proves itself at the token endpoint: by a signed assertion where it has a key (RFC 7523), else by its
 * secret: in the header; in the body or as the key of an assertion only where the provider takes it nowhere else. A
 * public client has neither.
 * @throws Error where the key cannot be used.
 */
export async function authenticateClient(
  { clientSecret, clientKey, clientKeyId }: LoginIssuer,
  metadata: client.ServerMetadata,
): Promise<client.ClientAuth> {
  if (clientKey !== undefined) {
    const key = createPrivateKey(clientKey);
    const algorithm = algorithmOf(key, metadata.token_endpoint_auth_signing_alg_values_supported);
    const usable = await importPKCS8(key.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithm);
    return client.PrivateKeyJwt(clientKeyId === undefined ? usable : { key: usable, kid: clientKeyId });
  }
  if (clientSecret === undefined) return client.None();
  // Absent means client_secret_basic (OpenID Connect Discovery section 3).
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  if (methods.includes('client_secret_basic')) return client.ClientSecretBasic(clientSecret);
  if (methods.includes('client_secret_post')) return client.ClientSecretPost(clientSecret);
  return methods.includes('client_secret_jwt')
    ? client.ClientSecretJwt(clientSecret)
    : client.ClientSecretBasic(clientSecret);
}

const OF_CURVE: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, supported?: readonly string[]): string {
  if (asymmetricKeyType === 'rsa')
    return supported && !supported.includes('RS256') && supported.includes('PS256') ? 'PS256' : 'RS256';
  const algorithm = OF_CURVE[asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm === undefined) throw new Error('the private key of the login client is neither RSA nor EC');
  return algorithm;
}
