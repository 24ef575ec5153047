import { generateKeyPairSync } from 'node:crypto';
import { generate } from 'selfsigned';

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  certPem: string;
  keyPem: string;
}

const yearMilliseconds = 365 * 24 * 3600 * 1000;

const common = () => ({
  keyType: 'ec' as const,
  algorithm: 'sha256',
  // Back-dated, since clocks of a container and its host may differ a little.
  notBeforeDate: new Date(Date.now() - 300_000),
  notAfterDate: new Date(Date.now() + yearMilliseconds),
});

/** RFC 4514: these characters mean something in a distinguished name. */
function escapeName(value: string): string {
  return value.replaceAll(/[\\",+;<>=#]/g, (character) => `\\${character}`);
}

function subject(commonName: string, organizations: readonly string[] = []) {
  return [
    ...organizations.map((value) => ({ name: 'organizationName', value: escapeName(value) })),
    { name: 'commonName', value: escapeName(commonName) },
  ];
}

/** Makes a self-signed certificate authority. */
export async function createAuthority(name: string): Promise<KeyedCertificate> {
  const made = await generate(subject(name), {
    ...common(),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { certPem: made.cert, keyPem: made.private };
}

/**
 * Signs a server certificate for the given DNS names and IP addresses. It also
 * serves as a client certificate, which etcd's members need of each other.
 */
export async function issueServerCertificate(
  ca: KeyedCertificate,
  dnsNames: readonly string[],
  addresses: readonly string[],
): Promise<KeyedCertificate> {
  const made = await generate(subject(dnsNames[0] ?? 'localhost'), {
    ...common(),
    ca: { cert: ca.certPem, key: ca.keyPem },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...dnsNames.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { certPem: made.cert, keyPem: made.private };
}

/** Signs a client certificate as Kubernetes reads it: user = common name, groups = organizations. */
export async function issueClientCertificate(
  ca: KeyedCertificate,
  user: string,
  groups: readonly string[],
): Promise<KeyedCertificate> {
  const made = await generate(subject(user, groups), {
    ...common(),
    ca: { cert: ca.certPem, key: ca.keyPem },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', clientAuth: true },
    ],
  });
  return { certPem: made.cert, keyPem: made.private };
}

/** The key pair that signs service-account tokens. */
export function createSigningKey(): { privatePem: string; publicPem: string } {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { privatePem: pair.privateKey, publicPem: pair.publicKey };
}
