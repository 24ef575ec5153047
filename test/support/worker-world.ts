import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueServerCertificate } from '../cluster/issue-certificates.ts';
import { runCli } from '../demo/run-cli.ts';
import { startGateway, type RunningGateway } from '../demo/start-gateway.ts';
import { manifest } from './cli-samples.ts';
import { findFreePort } from './find-free-port.ts';
import { startIdentityProvider } from './identity-provider.ts';

/** A gateway of several processes before a small TLS server that answers lists and watches as an API server would. */
export interface WorkerWorld {
  readonly port: number;
  readonly caFile: string;
  readonly folder: string;
  readonly environment: Record<string, string>;
  readonly upstream: StubApi;
  /** Of alice, who may do everything, on the gateway's own objects too. */
  readonly token: string;
  /** Starts a gateway; stopped with the world where a test does not. `more`: further environment. */
  start(more?: Record<string, string>): Promise<RunningGateway>;
  stop(): Promise<void>;
}

export interface StubApi {
  readonly port: number;
  readonly caPem: string;
  /** Watches that are open there now. */
  openWatches(): number;
  /** Of the newest request. */
  lastAuthorization(): string | undefined;
  /** Sends one event into every open watch. */
  sendEvent(): void;
  stop(): Promise<void>;
}

/** Lists answer at once; `?watch=1` answers one event and stays open. */
export async function startStubApi(): Promise<StubApi> {
  const authority = await createAuthority('stub');
  const { certPem, keyPem } = await issueServerCertificate(authority, ['localhost'], ['127.0.0.1']);
  const watches = new Set<ServerResponse>();
  let lastAuthorization: string | undefined;
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    request.resume();
    lastAuthorization = request.headers.authorization;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    if (!/[?&]watch=1/.test(request.url ?? ''))
      return void response.end('{"kind":"PodList","apiVersion":"v1","items":[]}');
    watches.add(response);
    response.on('close', () => watches.delete(response));
    response.write('{"type":"ADDED","object":{}}\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caPem: authority.certPem,
    openWatches: () => watches.size,
    lastAuthorization: () => lastAuthorization,
    sendEvent: () => watches.forEach((watch) => watch.write('{"type":"MODIFIED","object":{}}\n')),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function createWorkerWorld(
  database: { databaseUrl: string; encryptionKey: string } | undefined,
): Promise<WorkerWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-workers-'));
  const port = await findFreePort();
  const upstream = await startStubApi();
  const provider = await startIdentityProvider({ redirectUris: [], idTokenSeconds: 3600 });
  const environment: Record<string, string> = {
    GATEHOUSE_CONFIG_FILE: '/dev/null',
    GATEHOUSE_LISTEN_PORT: String(port),
    GATEHOUSE_DATA_DIRECTORY: join(folder, 'data'),
    GATEHOUSE_WORKERS: '2',
    GATEHOUSE_OUTBOUND_INSECURE_ALLOW_LOOPBACK: 'true',
    GATEHOUSE_TIMEOUTS_SHUTDOWN_GRACE_SECONDS: '1',
    ...(database
      ? { GATEHOUSE_DATABASE_URL: database.databaseUrl, GATEHOUSE_ENCRYPTION_KEY: database.encryptionKey }
      : {}),
  };
  const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const subjects = [{ issuer: 'demo' }];
  const objects = [
    manifest('Issuer', 'demo', {
      issuer: { url: provider.issuerUrl, certificateAuthority: provider.caPem, audiences: [provider.clientId] },
      claimMappings: { username: { claim: 'preferred_username', prefix: 'demo:' } },
    }),
    manifest('Cluster', 'stub', {
      server: `https://127.0.0.1:${upstream.port}`,
      certificateAuthorityData: Buffer.from(upstream.caPem).toString('base64'),
      default: true,
      credential: { token: 'token-of-the-gateway' },
    }),
    manifest('Mapping', 'people', { subjects, clusters: ['stub'], impersonate: { user: { from: 'username' } } }),
    manifest('AccessRule', 'stub-all', { subjects, clusters: ['stub'], rules: [everything] }),
    manifest('AccessRule', 'own-all', { subjects, clusters: ['gatehouse'], rules: [everything] }),
  ];
  await runCli(['apply', '-f', '-'], environment, objects.join('---\n'));
  const gateways: RunningGateway[] = [];
  let starts = 0;
  return {
    port,
    caFile: join(folder, 'data', 'tls', 'tls.crt'),
    folder,
    environment,
    upstream,
    token: await provider.issueIdToken('alice'),
    async start(more = {}) {
      starts += 1;
      const gateway = await startGateway({ ...environment, ...more }, join(folder, `gateway-${starts}.log`));
      gateways.push(gateway);
      return gateway;
    },
    async stop() {
      for (const gateway of gateways) await gateway.kill();
      await provider.stop();
      await upstream.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
