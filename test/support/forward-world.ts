import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { stringify } from 'yaml';
import { runCli } from '../demo/run-cli.ts';
import { startGateway, type RunningGateway } from '../demo/start-gateway.ts';
import type { AskTarget } from './ask-gateway.ts';
import { findFreePort } from './find-free-port.ts';
import type { TestUpstream } from './forward-upstream.ts';
import { startIdentityProvider } from './identity-provider.ts';

/** A gateway as its own process, before upstreams of the test's own; each is a Cluster at `/clusters/<name>`. */
export interface ForwardWorld extends AskTarget {
  readonly pid: number;
  readonly gateway: RunningGateway;
  readonly environment: Record<string, string>;
  readonly sqlitePath: string;
  readonly groups: readonly string[];
  /** A token of another person; `dave` is mapped to a stored token. */
  tokenOf(person: string): Promise<string>;
  /** The gateway's own log so far. */
  readLog(): string;
  /** Audit records of this target, or the newest 500 of all, newest first; those of what has ended are there within a second. */
  records(uri: string | undefined): Promise<AuditEvent[]>;
  stop(): Promise<void>;
}

export interface AuditEvent {
  readonly auditID: string;
  readonly stage: string;
  readonly requestURI: string;
  readonly sourceIPs: readonly string[];
  readonly responseStatus?: { readonly code: number };
  readonly annotations: Readonly<Record<string, string>>;
}

/** Groups whose bytes go wrong in a gateway that joins lines, or writes them in another encoding. */
const GROUPS = ['grüppe', 'команда', 'ops, and more', 'plain'];

/**
 * Its gateway speaks to each upstream with a client certificate, and as whoever the token names.
 * @param rules more AccessRules of everybody on every cluster, by name.
 */
export async function startForwardWorld(
  upstreams: Readonly<Record<string, TestUpstream>>,
  environment: Record<string, string> = {},
  rules: Readonly<Record<string, object>> = {},
): Promise<ForwardWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-forward-'));
  const provider = await startIdentityProvider({ redirectUris: ['https://127.0.0.1/'], idTokenSeconds: 3600 });
  const port = await findFreePort();
  const certificate = await generate([{ name: 'commonName', value: 'gatehouse' }], { keyType: 'ec', curve: 'P-256' });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const object = (kind: string, name: string, spec: object): object => ({
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind,
    metadata: { name },
    spec,
  });
  const everybody = [{ issuer: 'demo' }];
  const objects = [
    object('Issuer', 'demo', {
      issuer: { url: provider.issuerUrl, certificateAuthority: provider.caPem, audiences: [provider.clientId] },
      claimMappings: { username: { claim: 'preferred_username', prefix: '' }, groups: { claim: 'groups', prefix: '' } },
    }),
    object('Mapping', 'everybody', {
      subjects: everybody,
      clusters: ['*'],
      impersonate: { user: { from: 'username' }, groups: [{ from: 'groups' }] },
    }),
    object('Mapping', 'dave', { subjects: [{ issuer: 'demo', user: 'dave' }], clusters: ['*'], storedToken: {} }),
    object('AccessRule', 'everything', {
      subjects: everybody,
      clusters: ['*'],
      rules: [
        {
          verbs: ['*'],
          apiGroups: ['*'],
          resources: ['*', 'pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy'],
        },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ],
    }),
    ...Object.entries(rules).map(([name, spec]) =>
      object('AccessRule', name, { subjects: everybody, clusters: ['*'], ...spec }),
    ),
    ...Object.entries(upstreams).map(([name, upstream]) =>
      object('Cluster', name, {
        server: `https://127.0.0.1:${upstream.port}`,
        certificateAuthorityData: base64(upstream.caPem),
        credential: { clientCertificateData: base64(certificate.cert), clientKeyData: base64(certificate.private) },
      }),
    ),
  ];
  const manifests = join(directory, 'manifests');
  mkdirSync(manifests, { mode: 0o700 });
  writeFileSync(join(manifests, 'all.yaml'), objects.map((each) => stringify(each)).join('---\n'), { mode: 0o600 });
  const settings: Record<string, string> = {
    GATEHOUSE_LISTEN_PORT: String(port),
    // One process, so that what is measured of it is all there is.
    GATEHOUSE_WORKERS: '1',
    GATEHOUSE_DATA_DIRECTORY: join(directory, 'data'),
    GATEHOUSE_MANIFESTS_DIRECTORY: manifests,
    ...environment,
  };
  const gateway = await startGateway(settings, join(directory, 'gateway.log'));
  const token = await provider.issueIdToken('alice', { claims: { groups: GROUPS } });
  return {
    pid: gateway.pid,
    gateway,
    sqlitePath: join(directory, 'data', 'gatehouse.db'),
    port,
    token,
    groups: GROUPS,
    environment: settings,
    caPem: settings.GATEHOUSE_TLS_DISABLED ? undefined : readFileSync(join(directory, 'data/tls/tls.crt'), 'utf8'),
    tokenOf: (person) => provider.issueIdToken(person),
    readLog: gateway.readLog,
    async records(uri) {
      const lines = await runCli(['audit', 'list', '-o', 'json', '--limit', '500'], settings);
      const { items } = JSON.parse(lines) as { items: AuditEvent[] };
      return items.filter((event) => uri === undefined || event.requestURI === uri);
    },
    async stop() {
      await gateway.stop();
      await provider.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
