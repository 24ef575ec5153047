import { join } from 'node:path';
import { startCluster, type Cluster } from '../cluster/start-cluster.ts';
import { object, startGatehouse } from './peers/start-gatehouse.ts';
import { startKubectlProxy } from './peers/start-plain-peers.ts';
import type { World } from './world.ts';

/** A real control plane, reached in three ways by the same person with the same rights. */
export interface ClusterProxies {
  readonly cluster: Cluster;
  /** Name -> path of a kubeconfig: `direct`, `kubectl-proxy`, `gatehouse`. */
  readonly kubeconfigs: Readonly<Record<string, string>>;
  /** Name -> process; the direct way has none. */
  readonly pids: Readonly<Record<string, number>>;
}

const ALICE = { name: 'alice', groups: ['team-a-admins'] };

export async function startClusterProxies(world: World): Promise<ClusterProxies> {
  const cluster = await startCluster({ log: world.log });
  world.onStop(() => cluster.stop());
  const alice = await cluster.issueClientCertificate({
    user: `demo:${ALICE.name}`,
    groups: ALICE.groups.map((group) => `demo:${group}`),
  });
  const direct = cluster.writeKubeconfig('bench-direct', alice, { namespace: 'team-a' });
  const proxy = await startKubectlProxy(world, direct);
  const gatehouse = await startGatehouse(world, {
    target: {
      server: cluster.serverUrl,
      caPem: cluster.caPem,
      adminKubeconfig: cluster.adminKubeconfig,
      ...(await cluster.issueClientCertificate({ user: 'gatehouse' })),
    },
    moreObjects: [
      object('AccessRule', 'alice', {
        subjects: [{ issuer: 'bench', group: 'demo:team-a-admins' }],
        clusters: ['bench'],
        rules: [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['team-a'] },
          { verbs: ['get', 'head'], nonResourceURLs: ['*'] },
        ],
      }),
    ],
  });
  const token = await world.issuer.sign(ALICE);
  const through = (name: string, server: string, caPem: string): string =>
    cluster.writeKubeconfig(name, { token }, { server, caPem, namespace: 'team-a' });
  return {
    cluster,
    pids: { 'kubectl-proxy': proxy.pid, gatehouse: gatehouse.pid },
    kubeconfigs: {
      direct,
      'kubectl-proxy': through('bench-kubectl-proxy', proxy.origin, ''),
      gatehouse: through('bench-gatehouse', gatehouse.origin + gatehouse.prefix, world.caPem),
    },
  };
}

/** A fresh folder for kubectl's discovery cache. */
export function emptyCache(world: World, count: number): string {
  return join(world.directory, `kubectl-cache-${count}`);
}
