import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Cluster } from '../cluster/start-cluster.ts';
import { findFreePort } from '../support/find-free-port.ts';
import type { IdentityProvider } from '../support/identity-provider.ts';
import { addDemoCluster } from './add-demo-cluster.ts';
import { runCli } from './run-cli.ts';
import { startGateway, type RunningGateway } from './start-gateway.ts';

export const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'root'] as const;
export type PersonName = (typeof PEOPLE)[number];

export interface DemoPerson {
  /** Path of a kubeconfig that goes through the gateway with the person's ID token; a context for each cluster. */
  readonly kubeconfig: string;
  readonly idToken: string;
  readonly password: string;
}

export interface DemoGatewayOptions {
  /** Where its data, log and kubeconfigs go. */
  readonly directory: string;
  readonly port: number;
  /** Of the metrics; any free one where absent. */
  readonly metricsPort?: number;
  readonly cluster: Cluster;
  /** Registered as `demo-2`, `demo-3` … */
  readonly moreClusters?: readonly Cluster[];
  readonly identityProvider: IdentityProvider;
  readonly databaseUrl?: string;
  /** Base64 of 32 bytes; PostgreSQL keeps no key file beside itself. */
  readonly encryptionKey?: string;
  /** What the gateway dials instead of the API server (a recorder in between). */
  readonly serverUrl?: string;
  readonly environment?: Record<string, string>;
  readonly log: (line: string) => void;
}

export interface DemoGateway {
  readonly url: string;
  readonly port: number;
  readonly caFile: string;
  readonly metricsUrl: string;
  /** gatehouse.yaml of the gateway, for `bin/gatehouse` beside it. */
  readonly configFile: string;
  readonly directory: string;
  readonly people: Readonly<Record<PersonName, DemoPerson>>;
  /** dave's upstream token, so that tests can look for it everywhere. */
  readonly daveUpstreamToken: string;
  /** Environment of the gateway and of `bin/gatehouse` beside it. */
  readonly environment: Record<string, string>;
  readonly logFile: string;
  running(): RunningGateway;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const TOKEN_SECONDS = 12 * 3600;

/** Applies the demo's objects by `bin/gatehouse`, as an admin would, then starts the built gateway. */
export async function startDemoGateway(options: DemoGatewayOptions): Promise<DemoGateway> {
  const { directory, cluster, identityProvider, log } = options;
  const url = `https://127.0.0.1:${options.port}`;
  const metrics = `127.0.0.1:${options.metricsPort ?? (await findFreePort())}`;
  const manifests = join(directory, 'manifests');
  await writeConnections(manifests, options);
  const configFile = join(directory, 'gatehouse.yaml');
  writeFileSync(
    configFile,
    stringify({
      listen: { host: '127.0.0.1', port: options.port },
      externalUrl: url,
      dataDirectory: 'data',
      metrics: { listen: metrics },
      // Everything of the demo is on this machine.
      outbound: { insecureAllowLoopback: true },
    }),
  );
  const environment: Record<string, string> = {
    GATEHOUSE_CONFIG_FILE: configFile,
    ...(options.databaseUrl ? { GATEHOUSE_DATABASE_URL: options.databaseUrl } : {}),
    ...(options.encryptionKey ? { GATEHOUSE_ENCRYPTION_KEY: options.encryptionKey } : {}),
    ...options.environment,
  };
  log('applying the demo objects with bin/gatehouse');
  await runCli(['apply', '-f', manifests], environment);
  await runCli(['apply', '-f', join(import.meta.dirname, 'manifests')], environment);
  await runCli(['admin', 'grant', '--issuer', 'demo', '--group', 'demo:cluster-admins'], environment);
  // The gateway's credential gets the least that these objects need, as an admin of a cluster would give it.
  await runCli(['rbac', '--cluster', 'demo', '--apply', '--kubeconfig', cluster.adminKubeconfig], environment);
  const daveUpstreamToken = await cluster.createServiceAccountToken('team-a', 'dave', TOKEN_SECONDS);
  await runCli(
    ['upstream-token', 'set', '--cluster', 'demo', '--issuer', 'demo', '--user', 'demo:dave', '--subject', 'dave'],
    environment,
    daveUpstreamToken,
  );
  const clusterNames = ['demo'];
  for (const more of options.moreClusters ?? []) {
    const name = `demo-${clusterNames.length + 1}`;
    await addDemoCluster(name, more, environment);
    clusterNames.push(name);
  }

  const logFile = join(directory, 'gateway.log');
  let gateway = await startGateway(environment, logFile);
  const caFile = join(directory, 'data', 'tls', 'tls.crt');
  log(`gateway ready at ${url}`);
  const people = {} as Record<PersonName, DemoPerson>;
  for (const name of PEOPLE) {
    const idToken = await identityProvider.issueIdToken(name, { expiresInSeconds: TOKEN_SECONDS });
    const kubeconfig = join(directory, `${name}.kubeconfig`);
    writeFileSync(kubeconfig, kubeconfigFor(name, url, clusterNames, caFile, idToken), { mode: 0o600 });
    people[name] = { kubeconfig, idToken, password: identityProvider.passwordOf(name) };
  }
  return {
    url,
    port: options.port,
    caFile,
    metricsUrl: `http://${metrics}/metrics`,
    configFile,
    directory,
    people,
    daveUpstreamToken,
    environment,
    logFile,
    running: () => gateway,
    async restart() {
      await gateway.stop();
      gateway = await startGateway(environment, logFile);
    },
    stop: () => gateway.stop(),
  };
}

/** The Cluster and Issuer of this run: their addresses and certificates are new each time. */
async function writeConnections(directory: string, options: DemoGatewayOptions): Promise<void> {
  const { cluster, identityProvider } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { certPem, keyPem } = await cluster.issueClientCertificate({ user: 'gatehouse', groups: [] });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const objects = [
    {
      apiVersion: 'gatehouse.dev/v1alpha1',
      kind: 'Cluster',
      metadata: { name: 'demo' },
      spec: {
        server: options.serverUrl ?? cluster.serverUrl,
        certificateAuthorityData: base64(cluster.caPem),
        default: true,
        credential: { clientCertificateData: base64(certPem), clientKeyData: base64(keyPem) },
      },
    },
    {
      apiVersion: 'gatehouse.dev/v1alpha1',
      kind: 'Issuer',
      metadata: { name: 'demo' },
      spec: {
        issuer: {
          url: identityProvider.issuerUrl,
          certificateAuthority: identityProvider.caPem,
          audiences: [identityProvider.clientId],
        },
        claimMappings: {
          username: { claim: 'preferred_username', prefix: 'demo:' },
          groups: { claim: 'groups', prefix: 'demo:' },
          uid: { claim: 'sub' },
        },
        login: {
          clientID: identityProvider.clientId,
          clientSecret: identityProvider.clientSecret,
          scopes: ['openid', 'profile', 'email', 'groups'],
          displayName: 'Demo login',
        },
      },
    },
  ];
  writeFileSync(join(directory, 'connections.yaml'), objects.map((object) => stringify(object)).join('---\n'), {
    mode: 0o600,
  });
}

function kubeconfigFor(name: string, url: string, clusters: readonly string[], caFile: string, token: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'demo',
    clusters: clusters.map((cluster) => ({
      name: cluster,
      cluster: { server: `${url}/clusters/${cluster}`, 'certificate-authority': caFile },
    })),
    contexts: clusters.map((cluster) => ({ name: cluster, context: { cluster, user: name } })),
    users: [{ name, user: { token } }],
  });
}
