import { existsSync } from 'node:fs';
import type { Problem } from '#resources';
import type { Config } from './config.ts';

const LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[::1\]|localhost)$/;

/** Where the kernel spreads connections over all who listen on a port (SO_REUSEPORT). */
export const canSharePort = ['linux', 'freebsd'].includes(process.platform);

export const isLoopbackHost = (host: string): boolean => LOOPBACK.test(host);

/** Faults that show only when several keys are looked at together. */
export function checkTogether(config: Config): Problem[] {
  return [
    ...checkTls(config),
    ...checkExternalUrl(config),
    ...checkDatabase(config),
    ...checkFiles(config),
    ...checkSession(config),
    ...checkMetrics(config),
    ...checkAudit(config),
    ...checkWorkers(config),
  ];
}

function checkTls({ tls, listen, trustedProxies, externalUrl }: Config): Problem[] {
  const problems: Problem[] = [];
  if (tls.certFile !== undefined && tls.keyFile === undefined)
    problems.push({ path: 'tls.keyFile', message: 'is required beside tls.certFile' });
  if (tls.keyFile !== undefined && tls.certFile === undefined)
    problems.push({ path: 'tls.certFile', message: 'is required beside tls.keyFile' });
  if (tls.disabled && (tls.certFile !== undefined || tls.keyFile !== undefined))
    problems.push({ path: 'tls.disabled', message: 'must not be true where a certificate is configured' });
  const behindProxy = trustedProxies.length > 0 && externalUrl.startsWith('https:');
  if (tls.disabled && !isLoopbackHost(listen.host) && !behindProxy) {
    problems.push({
      path: 'tls.disabled',
      message:
        'plain HTTP would carry everybody’s tokens in clear: set listen.host to 127.0.0.1, or both trustedProxies and an https externalUrl',
    });
  }
  return problems;
}

function checkExternalUrl({ externalUrl, tls }: Config): Problem[] {
  const path = 'externalUrl';
  if (!URL.canParse(externalUrl)) return [{ path, message: 'must be an address like https://gatehouse.example.com' }];
  const url = new URL(externalUrl);
  const problems: Problem[] = [];
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    problems.push({ path, message: 'must begin with https://' });
  if (url.protocol === 'http:' && !(tls.disabled && isLoopbackHost(url.hostname)))
    problems.push({ path, message: 'may begin with http:// only on a loopback host with tls.disabled' });
  if (url.username || url.password || url.search || url.hash || url.pathname !== '/')
    problems.push({ path, message: 'must have scheme, host and port only' });
  return problems;
}

function checkDatabase({ databaseUrl, encryptionKey, encryptionKeyFile }: Config): Problem[] {
  const problems: Problem[] = [];
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl))
    problems.push({
      path: 'databaseUrl',
      message: 'must be an address like postgres://user:password@host:5432/database',
    });
  if (databaseUrl !== undefined && encryptionKey === undefined && encryptionKeyFile === undefined) {
    problems.push({
      path: 'encryptionKeyFile',
      message:
        'PostgreSQL needs an encryption key, the same on every replica: make one with `openssl rand -base64 32` and give it as GATEHOUSE_ENCRYPTION_KEY or in a file',
    });
  }
  if (encryptionKey !== undefined && encryptionKeyFile !== undefined)
    problems.push({ path: 'encryptionKey', message: 'give either GATEHOUSE_ENCRYPTION_KEY or encryptionKeyFile' });
  if (
    encryptionKey !== undefined &&
    !encryptionKey
      .trim()
      .split(/[\s,]+/)
      .every(isKey)
  )
    problems.push({
      path: 'encryptionKey',
      message: 'must be the base64 of exactly 32 bytes; make one with `openssl rand -base64 32`',
    });
  return problems;
}

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && ['postgres:', 'postgresql:'].includes(new URL(value).protocol);
}

function isKey(value: string): boolean {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(value.trim()) && Buffer.from(value, 'base64').length === 32;
}

/** Files that the gateway does not make by itself. */
function checkFiles({ tls, manifestsDirectory, encryptionKeyFile, databaseUrl }: Config): Problem[] {
  const wanted: [string, string | undefined][] = [
    ['tls.certFile', tls.certFile],
    ['tls.keyFile', tls.keyFile],
    ['manifestsDirectory', manifestsDirectory],
    ['encryptionKeyFile', databaseUrl === undefined ? undefined : encryptionKeyFile],
  ];
  return wanted.flatMap(([path, file]) =>
    file === undefined || existsSync(file) ? [] : [{ path, message: `there is nothing at ${file}` }],
  );
}

function checkWorkers({ workers }: Config): Problem[] {
  if (workers === 1 || canSharePort) return [];
  return [{ path: 'workers', message: `must be 1 on ${process.platform}, which cannot share a port among processes` }];
}

function checkSession({ session }: Config): Problem[] {
  if (session.idleTimeoutSeconds <= session.absoluteTimeoutSeconds) return [];
  return [
    {
      path: 'session.idleTimeoutSeconds',
      message: `must not be longer than session.absoluteTimeoutSeconds (${session.absoluteTimeoutSeconds})`,
    },
  ];
}

function checkAudit({ audit }: Config): Problem[] {
  if (audit.readinessFailAfterSeconds * 1000 > audit.probeIntervalMilliseconds) return [];
  return [
    {
      path: 'audit.readinessFailAfterSeconds',
      message: `must be longer than audit.probeIntervalMilliseconds (${audit.probeIntervalMilliseconds})`,
    },
  ];
}

function checkMetrics({ metrics, listen }: Config): Problem[] {
  const problems: Problem[] = [];
  const host = metrics.listen?.replace(/:\d+$/, '') ?? '127.0.0.1';
  if (metrics.insecureProfiling && !isLoopbackHost(host))
    problems.push({
      path: 'metrics.insecureProfiling',
      message: 'a heap snapshot holds every token in memory: set metrics.listen to 127.0.0.1 or [::1]',
    });
  if (metrics.listen === `${listen.host}:${listen.port}`)
    problems.push({ path: 'metrics.listen', message: 'must not be the public port' });
  return problems;
}
