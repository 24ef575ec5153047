import { describeError } from '#errors';
import { openCluster } from '#clusters';
import type { Config } from '#config';
import { followSnapshot, type SnapshotSource } from '#pipeline';
import { splitSecrets } from '#resources';
import type { Store } from '#store';
import { createFaultReport, type Log } from './log.ts';

/** The snapshot in force, compiled from the store's objects; clusters are opened with their sealed credentials. */
export async function followConfiguration(config: Config, store: Store, log: Log): Promise<SnapshotSource> {
  return await followSnapshot({
    readRevision: () => store.objects.revision(),
    readAll: () => store.objects.readAll(),
    onChange: (listener) => store.objects.onChange(listener),
    onProblem: (error) =>
      log.error('configuration change not applied; the last good one stays in force', { error: describeError(error) }),
    later(act, milliseconds) {
      const timer = setTimeout(act, milliseconds);
      return () => clearTimeout(timer);
    },
    openCluster: (object) =>
      openCluster(object, {
        readSecret: async (field) =>
          await store.secrets.read('Cluster', object.metadata.uid ?? '', field, splitSecrets(object).binding),
        inClusterDirectory: config.inCluster.directory,
        connectTimeoutSeconds: config.timeouts.connectSeconds,
        ownHttp1: config.http.ownHttp1,
        pool: {
          maxConnections: config.limits.maxUpstreamConnections,
          maxWaiting: config.limits.maxWaitingRequests,
          contendedStallMs: config.timeouts.contendedStallSeconds * 1000,
        },
        reportFault: createFaultReport(log),
        allowLoopback: config.outbound.insecureAllowLoopback,
        now: () => Date.now(),
      }),
  });
}
