import { probeHealth, type ClusterHealth, type OwnCallPorts } from '#clusters';
import type { Config } from '#config';
import { compileRecordFirst, gatherOwnCalls, uuidV7 } from '#pipeline';
import type { ResourceObject } from '#resources';
import type { Store } from '#store';
import { withCluster } from '../with-cluster.ts';

/** Asks a cluster how it is, with the gateway's own credential, and records what was asked. Never rejects for its fault. */
export async function askHealth(config: Config, store: Store, cluster: ResourceObject): Promise<ClusterHealth> {
  const calls = gatherOwnCalls(store.audit, compileRecordFirst(config.audit), await store.objects.revision());
  const ports: OwnCallPorts = { now: () => Date.now(), newAuditId: uuidV7, ...calls };
  const health = await withCluster(config, store, cluster, async (connection) => await probeHealth(connection, ports));
  await calls.save();
  return health;
}
