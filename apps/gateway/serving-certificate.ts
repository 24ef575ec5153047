import { chmodSync, existsSync, mkdirSync, readFileSync, watchFile, unwatchFile, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { dirname, join } from 'node:path';
import { isIP } from 'node:net';
import { generate } from 'selfsigned';
import type { Config } from '#config';
import type { Log } from './log.ts';

export interface ServingCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  /** Set where the pair is the gateway's own self-signed one: then clients need this file to trust it. */
  readonly selfSignedFile: string | undefined;
  /** PEM of the certificate that the chain ends in, where that signed itself: what clients are told to trust. */
  readonly authorityPem: string | undefined;
}

export interface CertificateSource {
  current(): ServingCertificate;
  stop(): void;
}

const DAYS_OF_LIFE = 365;
const LOOK_AGAIN_MS = 1000;

/** Where no files are configured, makes a self-signed ECDSA P-256 pair once (RSA signing costs ten times as much a handshake). */
export async function ensureServingCertificate(config: Config, log: Log): Promise<void> {
  const { certFile, keyFile } = filesOf(config);
  if (config.tls.disabled || config.tls.certFile || existsSync(certFile)) return;
  const hosts = [
    new URL(config.externalUrl).hostname,
    ...config.allowedHosts.map((host) => host.replace(/:\d+$/, '')),
  ].map((host) => host.replace(/^\[|\]$/g, ''));
  await makeSelfSigned(certFile, keyFile, hosts, log);
}

/**
 * The serving certificate; undefined without TLS. Files are watched by polling, since a Kubernetes secret volume
 * replaces a symlink and no inotify event names the file; a pair that does not fit together yet is left for the next look.
 * @throws where the files do not hold a pair.
 */
export function openServingCertificate(
  config: Config,
  log: Log,
  onChange: (certificate: ServingCertificate) => void,
): CertificateSource | undefined {
  if (config.tls.disabled) return undefined;
  const { certFile, keyFile } = filesOf(config);
  const selfSignedFile = config.tls.certFile ? undefined : certFile;
  const read = (): ServingCertificate => {
    const pair = { certPem: readFileSync(certFile, 'utf8'), keyPem: readFileSync(keyFile, 'utf8') };
    createSecureContext({ cert: pair.certPem, key: pair.keyPem });
    return { ...pair, selfSignedFile, authorityPem: findAuthority(pair.certPem) };
  };
  let current = read();
  const look = (): void => {
    try {
      const next = read();
      if (next.certPem === current.certPem && next.keyPem === current.keyPem) return;
      current = next;
      onChange(next);
      log.info('serving certificate reloaded', { certFile });
    } catch (error) {
      log.warn('serving certificate not reloaded; the last good one stays', { certFile, error: String(error) });
    }
  };
  for (const file of [certFile, keyFile]) watchFile(file, { interval: LOOK_AGAIN_MS, persistent: false }, look);
  return {
    current: () => current,
    stop() {
      for (const file of [certFile, keyFile]) unwatchFile(file, look);
    },
  };
}

function findAuthority(certPem: string): string | undefined {
  const last = certPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.at(-1);
  if (last === undefined) return undefined;
  const certificate = new X509Certificate(last);
  return certificate.issuer === certificate.subject ? last : undefined;
}

function filesOf({ tls, dataDirectory }: Config): { certFile: string; keyFile: string } {
  const own = join(dataDirectory, 'tls');
  return { certFile: tls.certFile ?? join(own, 'tls.crt'), keyFile: tls.keyFile ?? join(own, 'tls.key') };
}

async function makeSelfSigned(certFile: string, keyFile: string, hosts: readonly string[], log: Log): Promise<void> {
  mkdirSync(dirname(certFile), { recursive: true, mode: 0o700 });
  const altNames = [...new Set([...hosts, 'localhost', '127.0.0.1', '::1'])].map((host) =>
    isIP(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
  );
  const notBeforeDate = new Date(Date.now() - 60_000);
  const pair = await generate([{ name: 'commonName', value: 'gatehouse' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate,
    notAfterDate: new Date(notBeforeDate.getTime() + DAYS_OF_LIFE * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ] as never,
  });
  writeFileSync(keyFile, pair.private, { mode: 0o600 });
  writeFileSync(certFile, pair.cert, { mode: 0o644 });
  chmodSync(keyFile, 0o600);
  log.info('made a self-signed serving certificate', { certFile, days: DAYS_OF_LIFE });
}
