import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../demo/run-cli.ts';
import { startGateway } from '../demo/start-gateway.ts';
import { answerOf, open, type Asked, type AskTarget } from './ask-gateway.ts';
import { manifest } from './cli-samples.ts';
import { findFreePort } from './find-free-port.ts';
import type { TestPostgres } from './postgres.ts';
import { startStubApi } from './worker-world.ts';

export const PODS = '/api/v1/namespaces/team-a/pods';
/** Claims are asked for again after this time; long enough to see what holds before it. */
export const REFRESH_SECONDS = 2;

/** Gateways of two workers each on one database, before a stub API server, with one login provider. */
export interface SessionWorld {
  readonly gateways: readonly GatewayOfWorld[];
  /** Everything that a thief of the database gets. */
  readonly database: { readonly sqlitePath: string } | { readonly databaseUrl: string };
  stop(): Promise<void>;
}

export interface GatewayOfWorld {
  readonly url: string;
  readonly caFile: string;
  readLog(): string;
  /** As the person's own page would ask. */
  asPage(cookie: string, path: string, options?: { method?: string; body?: string }): Promise<Asked>;
  /** As anybody, or by the headers that are given. */
  asAnybody(
    path: string,
    options?: { method?: string; body?: string; headers?: Record<string, string> },
  ): Promise<Asked>;
  /** A watch through this gateway: resolves, once open, with when it ended (Unix milliseconds). */
  openWatch(cookie: string): Promise<{ readonly ended: Promise<number>; close(): void }>;
}

export interface Addresses {
  readonly urls: readonly string[];
  readonly caFile: string;
}

/**
 * @param issuer makes the `spec` of the Issuer "demo", once the gateways' addresses are known.
 * @param postgres absent: SQLite, and one gateway.
 * @param authorityFile PEM of who signed the gateways' certificate, where `environment` gives them one.
 */
export async function startSessionWorld(
  issuer: (addresses: Addresses) => Promise<{ readonly spec: object; stop(): Promise<void> }>,
  postgres?: TestPostgres,
  environment: Record<string, string> = {},
  authorityFile?: string,
): Promise<SessionWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sessions-'));
  const stops: (() => Promise<unknown> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const act of stops.splice(0).reverse()) await act();
  };
  try {
    const ports = postgres ? [await findFreePort(), await findFreePort()] : [await findFreePort()];
    const urls = ports.map((port) => `https://127.0.0.1:${port}`);
    const caFile = authorityFile ?? join(folder, 'data', 'tls', 'tls.crt');
    const provider = await issuer({ urls, caFile });
    stops.push(() => provider.stop());
    const upstream = await startStubApi();
    stops.push(() => upstream.stop());
    const databaseUrl = await postgres?.createDatabase();
    const key = randomBytes(32).toString('base64');
    const shared: Record<string, string> = {
      GATEHOUSE_CONFIG_FILE: '/dev/null',
      GATEHOUSE_DATA_DIRECTORY: join(folder, 'data'),
      GATEHOUSE_WORKERS: '2',
      GATEHOUSE_METRICS_LISTEN: 'off',
      GATEHOUSE_TIMEOUTS_SHUTDOWN_GRACE_SECONDS: '1',
      GATEHOUSE_SESSION_REFRESH_INTERVAL_SECONDS: String(REFRESH_SECONDS),
      ...(databaseUrl ? { GATEHOUSE_DATABASE_URL: databaseUrl, GATEHOUSE_ENCRYPTION_KEY: key } : {}),
      ...environment,
    };
    await runCli(['apply', '-f', '-'], shared, objectsOf(provider.spec, upstream).join('---\n'));
    const gateways: GatewayOfWorld[] = [];
    for (const [at, port] of ports.entries()) {
      const url = urls[at] as string;
      const own = { ...shared, GATEHOUSE_LISTEN_PORT: String(port), GATEHOUSE_EXTERNAL_URL: url };
      const running = await startGateway(own, join(folder, `gateway-${at}.log`));
      stops.push(() => running.kill());
      gateways.push(gatewayAt(url, port, caFile, running.readLog));
    }
    const sqlitePath = join(folder, 'data', 'gatehouse.db');
    return { gateways, database: databaseUrl ? { databaseUrl } : { sqlitePath }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function gatewayAt(url: string, port: number, caFile: string, readLog: () => string): GatewayOfWorld {
  const target: AskTarget = { port, token: '', caPem: readFileSync(caFile, 'utf8') };
  const asAnybody: GatewayOfWorld['asAnybody'] = async (path, options = {}) => {
    const request = open(target, path, options);
    if (options.headers?.authorization === undefined) request.removeHeader('authorization');
    request.end(options.body);
    const answer = await answerOf(request);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const { statusCode = 0, rawHeaders, headers } = answer;
    return { status: statusCode, rawHeaders, headers, trailers: {}, body: Buffer.concat(chunks), broken: undefined };
  };
  const pageHeaders = (cookie: string) => ({ cookie, 'sec-fetch-site': 'same-origin' });
  return {
    url,
    caFile,
    readLog,
    asAnybody,
    asPage: (cookie, path, options = {}) =>
      asAnybody(path, { ...options, headers: { ...pageHeaders(cookie), 'content-type': 'application/json' } }),
    async openWatch(cookie) {
      const request = open(target, `${PODS}?watch=1`, { headers: pageHeaders(cookie) });
      request.removeHeader('authorization');
      request.end();
      const answer = await answerOf(request);
      if (answer.statusCode !== 200) throw new Error(`the watch was answered with ${answer.statusCode}`);
      request.on('error', () => {});
      answer.on('error', () => {});
      const ended = new Promise<number>((resolve) => answer.on('close', () => resolve(Date.now())));
      answer.resume();
      return { ended, close: () => void request.destroy() };
    },
  };
}

/** The Issuer of a provider whose claims name people and their groups. */
export function issuerSpecOf(
  provider: { readonly issuerUrl: string; readonly caPem: string; readonly clientId: string },
  login: object,
): object {
  const { issuerUrl: url, caPem, clientId } = provider;
  return {
    issuer: { url, certificateAuthority: caPem, audiences: [clientId] },
    claimMappings: {
      username: { claim: 'preferred_username', prefix: 'demo:' },
      groups: { claim: 'groups', prefix: 'demo:' },
    },
    login: { clientID: clientId, ...login },
  };
}

/** Groups decide: who is in none may do nothing. */
function objectsOf(issuer: object, upstream: Awaited<ReturnType<typeof startStubApi>>): string[] {
  const admins = [{ issuer: 'demo', group: 'demo:team-a-admins' }];
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  return [
    manifest('Issuer', 'demo', issuer as never),
    manifest('Cluster', 'stub', {
      server: `https://127.0.0.1:${upstream.port}`,
      certificateAuthorityData: Buffer.from(upstream.caPem).toString('base64'),
      default: true,
      credential: { token: 'token-of-the-gateway' },
    }),
    manifest('Mapping', 'people', {
      subjects: [{ issuer: 'demo' }],
      clusters: ['stub'],
      impersonate: { user: { from: 'username' } },
    }),
    manifest('AccessRule', 'admins', { subjects: admins, clusters: ['stub'], rules: [all] }),
    manifest('AccessRule', 'own', { subjects: admins, clusters: ['gatehouse'], rules: [all] }),
  ];
}
