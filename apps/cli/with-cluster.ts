import { readFileSync } from 'node:fs';
import { openCluster, type ClusterConnection } from '#clusters';
import type { Config } from '#config';
import { API_VERSION, importKubeconfig, splitSecrets, type ResourceObject } from '#resources';
import type { Store } from '#store';
import { CliFailure } from './failure.ts';

type ReadSecret = (field: string) => Promise<string | undefined>;

/** Acts on a cluster with the gateway's own credential, and closes the connection whatever happens. */
export async function withCluster<T>(
  config: Config,
  store: Store,
  cluster: ResourceObject,
  act: (connection: ClusterConnection) => Promise<T>,
): Promise<T> {
  const { binding } = splitSecrets(cluster);
  const readSecret: ReadSecret = async (field) =>
    await store.secrets.read('Cluster', cluster.metadata.uid ?? '', field, binding);
  return await withConnection(config, cluster, readSecret, act);
}

/**
 * The same with an admin's kubeconfig. It must lead to the same cluster, by address or by CA: what is meant for one
 * cluster must not be written into another.
 * @throws CliFailure.
 */
export async function withKubeconfig<T>(
  config: Config,
  cluster: ResourceObject,
  { file, context }: { readonly file: string; readonly context?: string },
  act: (connection: ClusterConnection) => Promise<T>,
): Promise<T> {
  const read = importKubeconfig(readText(file), context);
  if (!read.ok) throw new CliFailure(read.problems.map((problem) => `${file}: ${problem}`));
  const { credential, ...spec } = read.imported;
  const { server, certificateAuthorityData } = cluster.spec as Partial<typeof spec>;
  const { name } = cluster.metadata;
  const sameCa = certificateAuthorityData !== undefined && certificateAuthorityData === spec.certificateAuthorityData;
  if (server !== undefined && server !== spec.server && !sameCa)
    throw new CliFailure(
      `${file} is for another cluster than "${name}": it has another server and another CA (${spec.server ?? 'no server'})`,
    );
  const pem = (data: string): string => Buffer.from(data, 'base64').toString('utf8');
  const secrets: Readonly<Record<string, string>> =
    'token' in credential
      ? { token: credential.token }
      : { clientCertificate: pem(credential.clientCertificateData), clientKey: pem(credential.clientKeyData) };
  const object: ResourceObject = {
    apiVersion: API_VERSION,
    kind: 'Cluster',
    metadata: { name },
    spec: { ...spec, credential: { type: 'token' in credential ? 'token' : 'clientCertificate' } },
  };
  return await withConnection(config, object, async (field) => secrets[field], act);
}

async function withConnection<T>(
  config: Config,
  cluster: ResourceObject,
  readSecret: ReadSecret,
  act: (connection: ClusterConnection) => Promise<T>,
): Promise<T> {
  const connection = await openCluster(cluster, {
    readSecret,
    inClusterDirectory: config.inCluster.directory,
    connectTimeoutSeconds: config.timeouts.connectSeconds,
    allowLoopback: config.outbound.insecureAllowLoopback,
    now: () => Date.now(),
  });
  try {
    return await act(connection);
  } finally {
    await connection.close();
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
