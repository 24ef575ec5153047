import { openCluster, type ClusterConnection, type OwnCallPorts } from '#clusters';
import type { Config } from '#config';
import { compileRecordFirst, compileSnapshot, gatherOwnCalls, uuidV7, type Snapshot } from '#pipeline';
import { splitSecrets } from '#resources';
import type { Store } from '#store';

export interface OpenSnapshot {
  readonly snapshot: Snapshot;
  cluster(name: string): ClusterConnection | undefined;
  /** What the gateway asks clusters by them is recorded, as everything that it asks. */
  readonly ownCalls: OwnCallPorts;
}

/** Compiles what is configured, as a gateway does, and closes what was opened for it. */
export async function withSnapshot<T>(
  config: Config,
  store: Store,
  now: () => number,
  act: (open: OpenSnapshot) => Promise<T>,
): Promise<T> {
  const clusters = new Map<string, ClusterConnection>();
  const loaded = await store.objects.readAll();
  const calls = gatherOwnCalls(store.audit, compileRecordFirst(config.audit), loaded.revision);
  try {
    const { snapshot } = await compileSnapshot(undefined, loaded, {
      async openCluster(object) {
        const { binding } = splitSecrets(object);
        const cluster = await openCluster(object, {
          readSecret: async (field) => await store.secrets.read('Cluster', object.metadata.uid ?? '', field, binding),
          inClusterDirectory: config.inCluster.directory,
          connectTimeoutSeconds: config.timeouts.connectSeconds,
          allowLoopback: config.outbound.insecureAllowLoopback,
          now,
        });
        clusters.set(cluster.name, cluster);
        return cluster;
      },
    });
    const ownCalls: OwnCallPorts = { now, newAuditId: uuidV7, ...calls };
    return await act({ snapshot, cluster: (name) => clusters.get(name), ownCalls });
  } finally {
    await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
    await calls.save();
  }
}
