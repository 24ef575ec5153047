import { describeError } from '#errors';
import { chmodSync, existsSync, mkdirSync, watchFile, unwatchFile, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isIP } from 'node:net';
import { generate } from 'selfsigned';
import type { Config } from '#config';
import type { Log } from './log.ts';
import { readKeyPair } from './read-key-pair.ts';

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
 * replaces a symlink and no inotify event names the file; a pair that cannot serve is left for the next look.
 * @throws CertificateError where the files do not hold a pair that can serve.
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
    const { certPem, keyPem, chain } = readKeyPair(certFile, keyFile);
    warnOfTimes(chain, certFile, log);
    return { certPem, keyPem, selfSignedFile, authorityPem: findAuthority(chain) };
  };
  let current = read();
  const look = (): void => {
    try {
      const next = read();
      if (next.certPem === current.certPem && next.keyPem === current.keyPem) return;
      onChange(next);
      current = next;
      log.info('serving certificate reloaded', { certFile });
    } catch (error) {
      log.warn('serving certificate not reloaded; the last good one stays', { certFile, error: describeError(error) });
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

/** Clients may have clocks of their own, and an expired certificate is better for an admin than no gateway. */
function warnOfTimes([leaf]: readonly X509Certificate[], certFile: string, log: Log): void {
  if (!leaf) return;
  const now = Date.now();
  const { validFrom, validTo } = leaf;
  if (now > leaf.validToDate.getTime()) log.warn('the serving certificate has expired', { certFile, validTo });
  if (now < leaf.validFromDate.getTime()) log.warn('the serving certificate is not valid yet', { certFile, validFrom });
}

function findAuthority(chain: readonly X509Certificate[]): string | undefined {
  const last = chain.at(-1);
  return last && last.issuer === last.subject ? last.toString() : undefined;
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
