import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startGateway, type RunningGateway } from '../demo/start-gateway.ts';
import { findFreePort } from './find-free-port.ts';
import { signIdToken } from './identity-provider-tokens.ts';
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts';
import { runSql } from './run-sql.ts';
import { startSmallUpstream, type SmallUpstream } from './small-upstream.ts';

/** The built gateway as a process of its own, a real identity provider, and an upstream whose sockets the test holds. */
export interface SmallWorld {
  readonly gateway: RunningGateway;
  readonly port: number;
  readonly metricsUrl: string;
  readonly ca: Buffer;
  readonly sqlitePath: string;
  readonly provider: IdentityProvider;
  readonly upstream: SmallUpstream;
  /** A token of a person of this name, whom the rules allow everything in every namespace. */
  tokenOf(person: string): Promise<string>;
  /** Rows of the audit log, once what is queued has been written. */
  auditRows(where?: string): Promise<AuditRowView[]>;
  stop(): Promise<void>;
}

export interface AuditRowView {
  readonly audit_id: string;
  readonly verb: string;
  readonly api_group: string;
  readonly api_version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly username: string;
  readonly decision: string;
  readonly stage: string;
  readonly status_code: number;
  readonly source_address: string;
  readonly request_uri: string;
  readonly reason: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * @param environment `GATEHOUSE_*` beside what the world sets itself.
 * @param moreObjects YAML of objects beside the world's own.
 * @param root of the checkout whose build is started; this one where absent.
 * @param openFiles see `startGateway`.
 */
export async function startSmallWorld(
  environment: Record<string, string> = {},
  moreObjects = '',
  root?: string,
  openFiles?: number,
): Promise<SmallWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-small-'));
  const data = environment.GATEHOUSE_DATA_DIRECTORY ?? join(folder, 'data');
  const port = await findFreePort();
  const metrics = `127.0.0.1:${await findFreePort()}`;
  const url = `https://127.0.0.1:${port}`;
  const upstream = await startSmallUpstream();
  const provider = await startIdentityProvider({ redirectUris: [`${url}/-/auth/callback`], idTokenSeconds: 3600 });
  const manifests = join(folder, 'manifests');
  mkdirSync(manifests);
  writeFileSync(join(manifests, 'all.yaml'), objectsOf(upstream, provider));
  if (moreObjects !== '') writeFileSync(join(manifests, 'more.yaml'), moreObjects);
  const stops = [() => upstream.stop(), () => provider.stop()];
  const stop = async (): Promise<void> => {
    for (const act of stops.splice(0).reverse()) await act();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const gateway = await startGateway(
      {
        GATEHOUSE_CONFIG_FILE: '/dev/null',
        GATEHOUSE_LISTEN_PORT: String(port),
        GATEHOUSE_EXTERNAL_URL: url,
        GATEHOUSE_DATA_DIRECTORY: data,
        GATEHOUSE_MANIFESTS_DIRECTORY: manifests,
        GATEHOUSE_METRICS_LISTEN: metrics,
        ...environment,
      },
      join(folder, 'gateway.log'),
      root,
      openFiles,
    );
    stops.push(() => gateway.stop());
    const sqlitePath = join(data, 'gatehouse.db');
    return {
      gateway,
      port,
      metricsUrl: `http://${metrics}/metrics`,
      ca: readFileSync(join(data, 'tls', 'tls.crt')),
      sqlitePath,
      provider,
      upstream,
      tokenOf: (person) =>
        signIdToken(provider, person, { claims: { preferred_username: person, groups: ['everybody'] } }),
      async auditRows(where = 'true') {
        await new Promise((resolve) => setTimeout(resolve, 300));
        const rows = await runSql(
          { sqlitePath },
          `SELECT * FROM audit_events WHERE ${where} ORDER BY received_at_ms, audit_id`,
        );
        return (rows as (Omit<AuditRowView, 'annotations'> & { annotations: string })[]).map((row) => ({
          ...row,
          annotations: JSON.parse(row.annotations) as Record<string, string>,
        }));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function objectsOf(upstream: SmallUpstream, provider: IdentityProvider): string {
  const object = (kind: string, name: string, spec: object): string =>
    stringify({ apiVersion: 'gatehouse.dev/v1alpha1', kind, metadata: { name }, spec });
  const everybody = [{ issuer: 'demo' }];
  return [
    object('Cluster', 'demo', {
      server: upstream.url,
      certificateAuthorityData: Buffer.from(upstream.caPem).toString('base64'),
      default: true,
      credential: { token: 'the-token-of-the-gateway' },
    }),
    object('Issuer', 'demo', {
      issuer: {
        url: provider.issuerUrl,
        certificateAuthority: provider.caPem,
        audiences: [provider.clientId],
      },
      claimMappings: {
        username: { claim: 'preferred_username', prefix: 'demo:' },
        groups: { claim: 'groups', prefix: 'demo:' },
      },
      login: { clientID: provider.clientId, clientSecret: provider.clientSecret, scopes: ['openid', 'profile'] },
    }),
    object('Mapping', 'everybody', {
      subjects: everybody,
      clusters: ['demo'],
      impersonate: { user: { from: 'username' } },
    }),
    object('AccessRule', 'everything', {
      subjects: everybody,
      clusters: ['demo'],
      rules: [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*', 'pods/proxy', 'services/proxy'] },
        { verbs: ['get'], nonResourceURLs: ['*'] },
      ],
    }),
    object('AccessRule', 'own-objects', {
      subjects: [{ issuer: 'demo', user: 'demo:root' }],
      clusters: ['gatehouse'],
      rules: [{ verbs: ['*'], apiGroups: ['gatehouse.dev'], resources: ['*'] }],
    }),
  ].join('---\n');
}
