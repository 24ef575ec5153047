import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Why files cannot serve TLS. The message names the file, and is meant for whoever runs the gateway. */
export class CertificateError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CertificateError';
  }
}

export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
  /** The certificate of the gateway first. */
  readonly chain: readonly X509Certificate[];
}

/**
 * Reads a certificate chain and its private key, and checks that a handshake will work. OpenSSL alone is content with
 * less: `createSecureContext` accepts an empty certificate, and every handshake fails then.
 * @throws CertificateError.
 */
export function readKeyPair(certFile: string, keyFile: string): KeyPair {
  const certPem = readText('certificate', certFile);
  const keyPem = readText('private key', keyFile);
  const chain = parseChain(certPem, certFile);
  const key = parseKey(keyPem, keyFile);
  if (!chain[0]?.checkPrivateKey(key))
    throw new CertificateError(`the private key in ${keyFile} is not that of the certificate in ${certFile}`);
  try {
    createSecureContext({ cert: certPem, key: keyPem });
  } catch (cause) {
    throw new CertificateError(`the certificate in ${certFile} cannot be used for TLS`, { cause });
  }
  return { certPem, keyPem, chain };
}

function readText(what: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CertificateError(`the ${what} file ${file} cannot be read (${(cause as Error).message})`, { cause });
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;

function parseChain(pem: string, file: string): X509Certificate[] {
  // A line that is begun and not ended is of a file that is being written, or whose disk was full.
  if (pem.replaceAll(BLOCK, '').includes('-----'))
    throw new CertificateError(`the certificate file ${file} is cut off`);
  const blocks = [...pem.matchAll(BLOCK)].filter(([, type]) => type?.endsWith('CERTIFICATE')).map(([block]) => block);
  if (blocks.length === 0) throw new CertificateError(`the certificate file ${file} holds no certificate in PEM form`);
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new CertificateError(`certificate ${at + 1} in ${file} cannot be read`, { cause });
    }
  });
}

function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError(`the private key file ${file} holds no private key in PEM form without a passphrase`, {
      cause,
    });
  }
}
