import { createPrivateKey, X509Certificate } from 'node:crypto';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** What is wrong with a bundle of PEM certificates, or undefined. */
export function checkCertificates(pem: string): string | undefined {
  const blocks = listBlocks(pem);
  if (blocks.length === 0) return 'must be one or more certificates in PEM (-----BEGIN CERTIFICATE-----)';
  if (pem.includes('PRIVATE KEY')) return 'must hold certificates only; this holds a private key as well';
  for (const [index, block] of blocks.entries()) {
    if (!isCertificate(block)) return `certificate ${index + 1} cannot be read`;
  }
  return undefined;
}

/** Each from BEGIN to the next END. Without a regular expression: one would look for END again from each BEGIN. */
function listBlocks(pem: string): string[] {
  const blocks: string[] = [];
  for (let end = 0; ;) {
    const begin = pem.indexOf(BEGIN, end);
    const closing = begin < 0 ? -1 : pem.indexOf(END, begin + BEGIN.length);
    if (closing < 0) return blocks;
    end = closing + END.length;
    blocks.push(pem.slice(begin, end));
  }
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}

/** The text behind base64, or undefined where it is none. Line breaks, as `base64` prints them, are fine. */
export function decodeBase64(data: string): string | undefined {
  const joined = data.replace(/\s/g, '');
  return BASE64.test(joined) && joined.length % 4 === 0 ? Buffer.from(joined, 'base64').toString('utf8') : undefined;
}

/** As `checkCertificates`, of base64 as in a kubeconfig. */
export function checkCertificateData(data: string): string | undefined {
  const pem = decodeBase64(data);
  return pem === undefined
    ? 'must be base64 of certificates in PEM, as certificate-authority-data of a kubeconfig'
    : checkCertificates(pem);
}

/** What is wrong with a private key in PEM that signs assertions, or undefined. Repeats nothing of the key. */
export function checkPrivateKey(pem: string): string | undefined {
  if (pem.includes('ENCRYPTED')) return 'must not be encrypted with a passphrase';
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(pem);
    if (type === 'rsa') return (details?.modulusLength ?? 0) < 2048 ? 'must have 2048 bits or more' : undefined;
    const isKnownCurve = ['prime256v1', 'secp384r1', 'secp521r1'].includes(details?.namedCurve ?? '');
    return type === 'ec' && isKnownCurve ? undefined : 'must be a key of RSA, or EC on P-256, P-384 or P-521';
  } catch {
    return 'must be a private key in PEM';
  }
}

/** What is wrong with a certificate and its private key (both base64 of PEM) together, by field. Repeats nothing of the key. */
export function checkClientPair(certificateData: string, keyData: string): { certificate?: string; key?: string } {
  const certificate = checkCertificateData(certificateData);
  if (certificate !== undefined) return { certificate };
  const keyPem = decodeBase64(keyData);
  if (keyPem === undefined)
    return { key: 'must be base64 of a private key in PEM, as client-key-data of a kubeconfig' };
  if (keyPem.includes('ENCRYPTED')) return { key: 'must not be encrypted with a passphrase' };
  try {
    const fits = new X509Certificate(decodeBase64(certificateData) as string).checkPrivateKey(createPrivateKey(keyPem));
    return fits ? {} : { key: 'is not the key of clientCertificateData' };
  } catch {
    return { key: 'must be a private key in PEM' };
  }
}
