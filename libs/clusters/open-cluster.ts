import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { openUpstream, type ConnectionStats, type PoolLimits, type ReportFault, type UpstreamConnections } from '#http';
import { guardConnect, isLoopbackName } from '#outbound';
import { readCertificateExpiry, readTokenExpiry, splitSecrets, type ResourceObject } from '#resources';
import { readRotatingFile, type RotatingFile } from './read-rotating-file.ts';

/** `gateway`: the gateway's own credential (with its client certificate). `person`: a bearer of the person, no certificate. */
export type CredentialUse = 'gateway' | 'person';

/** What the forwarding stage needs of a cluster. Immutable but for its pools; closed when its object changes. */
export interface ClusterConnection {
  readonly name: string;
  readonly uid: string;
  readonly isDefault: boolean;
  /** `host[:port]` of the server, as it goes into `Host`. */
  readonly hostHeader: string;
  /** Path prefix of the server without trailing slash; '' if it has none. */
  readonly basePath: string;
  /** Digest of server and CA: what stored secrets are bound to. */
  readonly binding: string;
  /** Why the gateway's own credential cannot be used, or undefined when it can. May change where it is read from files. */
  readonly credentialProblem: string | undefined;
  /** When that credential says that it ends (Unix milliseconds), as it is now. */
  readonly credentialExpiresAtMs: number | undefined;
  /** `Bearer …` of the gateway where its credential is a token; undefined where it is a certificate. */
  gatewayAuthorization(): string | undefined;
  /** No connection is ever shared between the two uses, since x509 would win over a bearer. */
  connections(use: CredentialUse): UpstreamConnections;
  /** Options for a TLS connection of its own, to look at the server's certificate. */
  connectOptions(use: CredentialUse): ConnectionOptions;
  stats(): ConnectionStats;
  /** Lets what is in flight finish. */
  close(): Promise<void>;
}

export interface OpenClusterPorts {
  /** Reads a sealed field of this object; undefined where none is stored under this binding. */
  readSecret(field: string): Promise<string | undefined>;
  /** Where a pod finds its service-account files. */
  readonly inClusterDirectory: string;
  readonly connectTimeoutSeconds: number;
  /** False: Node's server and undici carry everything. Default true. */
  readonly ownHttp1?: boolean;
  /** Of the pools for short requests. Default: those of the gateway's settings. */
  readonly pool?: PoolLimits;
  /** Receives errors of connections that no exchange can be blamed for. Default: they are dropped. */
  readonly reportFault?: ReportFault;
  /** Names that resolve to this machine may be connected to; a server that names it is, in any case. */
  readonly allowLoopback: boolean;
  now(): number;
}

const DEFAULT_POOL: PoolLimits = { maxConnections: 256, maxWaiting: 5_000, contendedStallMs: 10_000 };

interface ClusterSpec {
  server?: string;
  certificateAuthorityData?: string;
  tlsServerName?: string;
  default?: boolean;
  credential?: { type?: string };
}

/**
 * Opens a cluster's connections lazily: no byte goes out before the first request.
 * @throws nothing for a missing credential: `credentialProblem` says it, so that one cluster's fault stops no other.
 */
export async function openCluster(
  object: ResourceObject<unknown>,
  ports: OpenClusterPorts,
): Promise<ClusterConnection> {
  const spec = object.spec as ClusterSpec;
  const inCluster = spec.credential?.type === 'inCluster';
  const server = new URL(spec.server ?? 'https://kubernetes.default.svc');
  const given = spec.certificateAuthorityData && Buffer.from(spec.certificateAuthorityData, 'base64').toString('utf8');
  const rotatingCa =
    inCluster && !given ? readRotatingFile(join(ports.inClusterDirectory, 'ca.crt'), ports.now) : undefined;
  const ca = (): string | undefined => given || rotatingCa?.read();
  const credential = await readCredential(spec.credential?.type, ports);
  const certificate = { cert: credential.cert, key: credential.key };
  const host = server.hostname.replace(/^\[|\]$/g, '');
  // A server that is an address was judged when it was saved; a name is judged by what it resolves to, each time.
  const { lookup } = guardConnect(ports.allowLoopback || isLoopbackName(host));
  const opened = new Map<CredentialUse, OpenedWith>();
  const closing = new Set<Promise<void>>();
  const tlsOf = (use: CredentialUse): ConnectionOptions =>
    withoutUndefined({
      host,
      port: Number(server.port || 443),
      ca: ca(),
      ...(use === 'gateway' ? certificate : {}),
      servername: spec.tlsServerName,
      lookup,
    });
  const connectionsOf = (use: CredentialUse): UpstreamConnections => {
    const trusted = ca();
    const before = opened.get(use);
    if (before?.ca === trusted && before) return before.connections;
    const connections = openUpstream(server.origin, tlsOf(use), {
      connectTimeoutSeconds: ports.connectTimeoutSeconds,
      ownHttp1: ports.ownHttp1 ?? true,
      pool: ports.pool ?? DEFAULT_POOL,
      now: ports.now,
      reportFault: ports.reportFault ?? (() => {}),
    });
    opened.set(use, { connections, ca: trusted });
    // What is under way over the old authority's connections goes on to its end.
    if (before) {
      const closed = before.connections.close().finally(() => closing.delete(closed));
      closing.add(closed);
    }
    return connections;
  };

  return {
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
    isDefault: spec.default === true,
    hostHeader: server.host,
    basePath: server.pathname.replace(/(?<!\/)\/+$/, ''),
    binding: splitSecrets(object).binding,
    get credentialProblem() {
      return credential.problem();
    },
    get credentialExpiresAtMs() {
      return credential.expiresAtMs();
    },
    gatewayAuthorization: () => {
      const token = credential.token?.read();
      return token ? `Bearer ${token}` : undefined;
    },
    connections: connectionsOf,
    connectOptions: tlsOf,
    stats() {
      const sum = { http1: 0, http2: 0, streams: 0, waiting: 0 };
      for (const { connections } of opened.values()) {
        const stats = connections.stats();
        sum.http1 += stats.http1;
        sum.http2 += stats.http2;
        sum.streams += stats.streams;
        sum.waiting += stats.waiting;
      }
      return sum;
    },
    async close() {
      await Promise.all([...[...opened.values()].map(({ connections }) => connections.close()), ...closing]);
    },
  };
}

interface OpenedWith {
  readonly connections: UpstreamConnections;
  readonly ca: string | undefined;
}

interface ReadCredential {
  readonly cert?: string;
  readonly key?: string;
  readonly token?: RotatingFile;
  problem(): string | undefined;
  expiresAtMs(): number | undefined;
}

const unusable = (problem: string): ReadCredential => ({ problem: () => problem, expiresAtMs: () => undefined });

async function readCredential(type: string | undefined, ports: OpenClusterPorts): Promise<ReadCredential> {
  if (type === 'inCluster') {
    const token = readRotatingFile(join(ports.inClusterDirectory, 'token'), ports.now);
    return {
      token,
      problem: () => (token.read() ? undefined : 'the pod has no service-account token to read'),
      expiresAtMs: () => readTokenExpiry(token.read() ?? ''),
    };
  }
  if (type === 'token') {
    const token = await ports.readSecret('token');
    if (!token) return unusable('no token is stored for this cluster; apply it again with its credential');
    return { token: { read: () => token }, problem: () => undefined, expiresAtMs: () => readTokenExpiry(token) };
  }
  if (type === 'clientCertificate') {
    const [cert, key] = await Promise.all([ports.readSecret('clientCertificate'), ports.readSecret('clientKey')]);
    if (!cert || !key)
      return unusable('no client certificate is stored for this cluster; apply it again with its credential');
    return { cert, key, problem: () => undefined, expiresAtMs: () => readCertificateExpiry(cert) };
  }
  return unusable('this cluster has no credential');
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
