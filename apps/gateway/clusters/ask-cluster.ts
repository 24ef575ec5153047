import { openCluster, type ClusterConnection, type OwnCallPorts } from '#clusters';
import type { Config } from '#config';
import { compileRecordFirst, gatherOwnCalls, uuidV7 } from '#pipeline';
import { splitSecrets, type ResourceObject } from '#resources';
import type { Store } from '#store';

export interface AskClusterPorts {
  readonly config: Config;
  readonly store: Pick<Store, 'secrets' | 'audit'>;
}

/** Asks a cluster something over a connection of its own, closed afterwards; what was sent is in the audit log then. */
export async function askCluster<T>(
  { config, store }: AskClusterPorts,
  cluster: ResourceObject,
  revision: number,
  ask: (connection: ClusterConnection, ports: OwnCallPorts) => Promise<T>,
): Promise<T> {
  const calls = gatherOwnCalls(store.audit, compileRecordFirst(config.audit), revision);
  const ports: OwnCallPorts = { now: () => Date.now(), newAuditId: uuidV7, ...calls };
  const connection = await openCluster(cluster, {
    readSecret: async (field) =>
      await store.secrets.read('Cluster', cluster.metadata.uid ?? '', field, splitSecrets(cluster).binding),
    inClusterDirectory: config.inCluster.directory,
    connectTimeoutSeconds: config.timeouts.connectSeconds,
    allowLoopback: config.outbound.insecureAllowLoopback,
    now: ports.now,
  });
  try {
    return await ask(connection, ports);
  } finally {
    await connection.close();
    await calls.save();
  }
}
