import { Pool, type Dispatcher } from 'undici';
import { splitSecrets, type ResourceObject } from '#resources';
import { readTokenFile, type RotatingToken } from './read-token-file.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  /** Set only where the certificate's name differs from the host. */
  readonly tlsServerName: string | undefined;
  /** Digest of server and CA: what stored secrets are bound to. */
  readonly binding: string;
  /** Why the gateway's own credential cannot be used, or undefined when it can. */
  readonly credentialProblem: string | undefined;
  /** `Bearer …` of the gateway where its credential is a token; undefined where it is a certificate. */
  gatewayAuthorization(): string | undefined;
  /** HTTP/1.1 pool; never shared between the two uses, since x509 would win over a bearer. */
  dispatcher(use: CredentialUse): Dispatcher;
  /** `https.request` options for a connection of its own (upgrades). */
  connectOptions(use: CredentialUse): ConnectOptions;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly servername: string | undefined;
}

export interface OpenClusterPorts {
  /** Reads a sealed field of this object; undefined where none is stored under this binding. */
  readSecret(field: string): Promise<string | undefined>;
  /** Where a pod finds its service-account files. */
  readonly inClusterDirectory: string;
  readonly connectTimeoutSeconds: number;
  now(): number;
}

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
  const ca = spec.certificateAuthorityData
    ? Buffer.from(spec.certificateAuthorityData, 'base64').toString('utf8')
    : inCluster
      ? readInClusterCa(ports.inClusterDirectory)
      : undefined;
  const credential = await readCredential(spec.credential?.type, ports);
  const certificate = { cert: credential.cert, key: credential.key };
  const host = server.hostname.replace(/^\[|\]$/g, '');
  const pools = new Map<CredentialUse, Pool>();
  const tlsOf = (use: CredentialUse) => ({
    ca,
    ...(use === 'gateway' ? certificate : { cert: undefined, key: undefined }),
    servername: spec.tlsServerName,
  });

  return {
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
    isDefault: spec.default === true,
    hostHeader: server.host,
    basePath: server.pathname.replace(/\/+$/, ''),
    tlsServerName: spec.tlsServerName,
    binding: splitSecrets(object).binding,
    credentialProblem: credential.problem,
    gatewayAuthorization: () => {
      const token = credential.token?.read();
      return token ? `Bearer ${token}` : undefined;
    },
    dispatcher(use) {
      let pool = pools.get(use);
      if (!pool) {
        pool = new Pool(server.origin, {
          connections: null,
          pipelining: 1,
          allowH2: false,
          // The parser's limit, so that a large answer header from an aggregated API is not our refusal.
          maxHeaderSize: 256 * 1024,
          headersTimeout: 0,
          bodyTimeout: 0,
          keepAliveTimeout: 60_000,
          connectTimeout: ports.connectTimeoutSeconds * 1000,
          connect: {
            ...withoutUndefined(tlsOf(use)),
            rejectUnauthorized: true,
            keepAlive: true,
            keepAliveInitialDelay: 30_000,
          },
        });
        pools.set(use, pool);
      }
      return pool;
    },
    connectOptions: (use) => ({ host, port: Number(server.port || 443), ...tlsOf(use) }),
    async close() {
      // close() lets what is in flight finish; streams of a removed cluster are cut by the pipeline.
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}

interface ReadCredential {
  cert?: string;
  key?: string;
  token?: RotatingToken;
  problem?: string;
}

async function readCredential(type: string | undefined, ports: OpenClusterPorts): Promise<ReadCredential> {
  if (type === 'inCluster') {
    const token = readTokenFile(join(ports.inClusterDirectory, 'token'), ports.now);
    return token.read() ? { token } : { token, problem: 'the pod has no service-account token to read' };
  }
  if (type === 'token') {
    const token = await ports.readSecret('token');
    return token
      ? { token: { read: () => token } }
      : { problem: 'no token is stored for this cluster; apply it again with its credential' };
  }
  if (type === 'clientCertificate') {
    const [cert, key] = await Promise.all([ports.readSecret('clientCertificate'), ports.readSecret('clientKey')]);
    return cert && key
      ? { cert, key }
      : { problem: 'no client certificate is stored for this cluster; apply it again with its credential' };
  }
  return { problem: 'this cluster has no credential' };
}

function readInClusterCa(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, 'ca.crt'), 'utf8');
  } catch {
    return undefined;
  }
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
