import { createHash } from 'node:crypto';
import type { SplitSecret } from './ports.ts';
import type { ResourceObject } from './resource-object.ts';

export interface SplitObject {
  /** The object as it may be stored and shown. */
  readonly object: ResourceObject;
  readonly secrets: SplitSecret[];
  /** SHA-256 (hex) of where the object's secrets may be sent. */
  readonly binding: string;
}

interface Credential {
  readonly type?: string;
  readonly inCluster?: object;
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
}

/**
 * Takes the secrets out of a validated object; a Cluster keeps `credential: { type }` to show what it has. An object
 * read from the store comes back as it is, without secrets.
 *
 * The binding covers all that decides who receives a secret: of a Cluster the server, CA and TLS name; of an Issuer the
 * url, discovery URL and CA, since discovery names the token endpoint that the client secret is sent to.
 */
export function splitSecrets(object: ResourceObject): SplitObject {
  if (object.kind === 'Cluster') return splitCluster(object);
  if (object.kind === 'Issuer') return splitIssuer(object);
  return { object, secrets: [], binding: digest([object.kind]) };
}

function splitCluster(object: ResourceObject): SplitObject {
  const spec = object.spec as {
    server?: string;
    certificateAuthorityData?: string;
    tlsServerName?: string;
    credential?: Credential;
  };
  const binding = digest([
    'Cluster',
    normalizeUrl(spec.server),
    spec.certificateAuthorityData?.replace(/\s/g, ''),
    spec.tlsServerName,
  ]);
  const { credential } = spec;
  if (credential === undefined) return { object, secrets: [], binding };
  const type = credential.type ?? typeOf(credential);
  const secrets: SplitSecret[] = [];
  if (credential.token !== undefined) secrets.push({ field: 'token', clear: credential.token, binding });
  if (credential.clientCertificateData !== undefined)
    secrets.push({ field: 'clientCertificate', clear: fromBase64(credential.clientCertificateData), binding });
  if (credential.clientKeyData !== undefined)
    secrets.push({ field: 'clientKey', clear: fromBase64(credential.clientKeyData), binding });
  return { object: { ...object, spec: { ...spec, credential: { type } } }, secrets, binding };
}

function typeOf(credential: Credential): string {
  if (credential.inCluster) return 'inCluster';
  return credential.token === undefined ? 'clientCertificate' : 'token';
}

function splitIssuer(object: ResourceObject): SplitObject {
  const spec = object.spec as {
    issuer?: { url?: string; discoveryURL?: string; certificateAuthority?: string };
    login?: { clientSecret?: string; clientKey?: string };
  };
  const { url, discoveryURL, certificateAuthority } = spec.issuer ?? {};
  const binding = digest(['Issuer', url, discoveryURL, certificateAuthority?.trim()]);
  if (spec.login === undefined) return { object, secrets: [], binding };
  const { clientSecret, clientKey, ...login } = spec.login;
  const secrets = [
    { field: 'clientSecret', clear: clientSecret, binding },
    { field: 'clientKey', clear: clientKey, binding },
  ].filter((secret): secret is SplitSecret => secret.clear !== undefined);
  return secrets.length === 0
    ? { object, secrets, binding }
    : { object: { ...object, spec: { ...spec, login } }, secrets, binding };
}

/** Two spellings of one address bind alike; what cannot be read binds as it stands. */
function normalizeUrl(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/(?<!\/)\/+$/, '');
}

const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
/** As JSON, so that no two lists of parts run together into one text. */
const digest = (parts: readonly (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
