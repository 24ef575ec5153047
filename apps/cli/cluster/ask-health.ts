import { probeHealth, type ClusterHealth, type OwnCall, type OwnCallPorts } from '#clusters';
import type { Config } from '#config';
import { recordOfOwnCall, uuidV7 } from '#pipeline';
import type { ResourceObject } from '#resources';
import type { Store } from '#store';
import { withCluster } from '../with-cluster.ts';

/** Asks a cluster how it is, with the gateway's own credential, and records what was asked. Never rejects for its fault. */
export async function askHealth(config: Config, store: Store, cluster: ResourceObject): Promise<ClusterHealth> {
  const calls: OwnCall[] = [];
  const ports: OwnCallPorts = { now: () => Date.now(), newAuditId: uuidV7, record: (call) => void calls.push(call) };
  const health = await withCluster(config, store, cluster, async (connection) => await probeHealth(connection, ports));
  if (calls.length > 0) {
    const revision = await store.objects.revision();
    await store.audit.append(calls.map((call) => recordOfOwnCall(call, revision, '')));
  }
  return health;
}
