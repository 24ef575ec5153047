import { X509Certificate } from 'node:crypto';

/** `exp` of a token that happens to be a JWT, in Unix milliseconds; unverified: for a warning, never for a decision. */
export function readTokenExpiry(token: string): number | undefined {
  try {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof payload.exp === 'number' && Number.isFinite(payload.exp) ? payload.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** When the first certificate of a PEM ends, in Unix milliseconds. */
export function readCertificateExpiry(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}
