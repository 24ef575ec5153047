import { describeError } from '#errors';
import type { Config } from '#config';
import type { ResourceObject } from '#resources';
import type { Store } from '#store';
import { askCluster } from '../clusters/ask-cluster.ts';
import type { Log } from '../log.ts';
import { probeCredential, type RightsReport } from './probe-credential.ts';

export interface RightsWatch {
  /** By name of the cluster; none yet for one that has not been looked at. */
  reports(): Readonly<Record<string, RightsReport>>;
  close(): Promise<void>;
}

/** Changes often come several at once. */
const SETTLE_MS = 1000;
/** An admin mends what was found in the cluster, of which the gateway learns only by asking. */
const LOOK_AGAIN_MS = 10 * 60_000;

/**
 * Looks, at the start and after every change of clusters, mappings and access rules, whether the gateway's credential
 * may do more or less than they need, and says so in the log and in the status of the Cluster. It changes nothing: the
 * API server's answer to a request is what counts.
 */
export function watchRights(
  config: Config,
  store: Pick<Store, 'objects' | 'secrets' | 'audit'>,
  log: Log,
): RightsWatch {
  const reports = new Map<string, { readonly cause: string; readonly report: RightsReport }>();
  let closed = false;
  let running: Promise<void> = Promise.resolve();

  const lookAt = async (
    cluster: ResourceObject,
    objects: readonly ResourceObject[],
    revision: number,
  ): Promise<void> => {
    const { name } = cluster.metadata;
    const report = await askCluster({ config, store }, cluster, revision, (connection, ports) =>
      probeCredential(objects, connection, ports).catch((error: unknown): RightsReport => ({
        checkedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
        missing: [],
        excess: [],
        problem: (error as Error).message,
      })),
    );
    if (closed) return;
    const before = reports.get(name)?.report;
    reports.set(name, { cause: causeOf(cluster, objects), report });
    if (!before || verdictOf(before) !== verdictOf(report)) tell(name, report, log);
  };

  const look = async (): Promise<void> => {
    if (closed) return;
    const { objects, revision } = await store.objects.readAll();
    const clusters = objects.filter(({ kind, spec }) => kind === 'Cluster' && hasCredential(spec));
    for (const name of reports.keys())
      if (!clusters.some(({ metadata }) => metadata.name === name)) reports.delete(name);
    for (const cluster of clusters) {
      if (closed) return;
      const known = reports.get(cluster.metadata.name);
      if (known && isWell(known.report) && known.cause === causeOf(cluster, objects)) continue;
      await lookAt(cluster, objects, revision);
    }
  };
  const start = (): void => {
    running = running
      .then(look)
      .catch((error: unknown) => log.warn('rights of credentials not looked at', { error: describeError(error) }));
  };

  let settling: NodeJS.Timeout | undefined;
  const stop = store.objects.onChange(() => {
    clearTimeout(settling);
    settling = setTimeout(start, SETTLE_MS);
  });
  const again = setInterval(start, LOOK_AGAIN_MS);
  start();
  return {
    reports: () => Object.fromEntries([...reports].map(([name, { report }]) => [name, report])),
    async close() {
      closed = true;
      stop();
      clearTimeout(settling);
      clearInterval(again);
      await running;
    },
  };
}

function hasCredential(spec: unknown): boolean {
  const { credential, disabled } = spec as { credential?: object; disabled?: boolean };
  return credential !== undefined && !disabled;
}

/** What a report rests on, but for the cluster's own RBAC. */
function causeOf(cluster: ResourceObject, objects: readonly ResourceObject[]): string {
  const rest = objects.filter(({ kind }) => kind === 'Mapping' || kind === 'AccessRule');
  return [cluster, ...rest].map(({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`).join();
}

const isWell = ({ missing, excess, problem }: RightsReport): boolean =>
  missing.length === 0 && excess.length === 0 && problem === undefined;

const verdictOf = ({ missing, excess, problem }: RightsReport): string => JSON.stringify([missing, excess, problem]);

function tell(cluster: string, report: RightsReport, log: Log): void {
  const { missing, excess, problem, user, impersonation } = report;
  const what = { cluster, ...(user === undefined ? {} : { user, impersonation }) };
  if (problem !== undefined)
    return log.warn('the rights of a cluster’s credential are not known', { ...what, problem });
  const mend = `gatehouse rbac --cluster ${cluster} --apply`;
  if (missing.length > 0) log.warn('a cluster’s credential may do too little', { ...what, missing, mend });
  if (excess.length > 0) log.warn('a cluster’s credential may do more than is needed', { ...what, excess, mend });
  if (isWell(report)) log.info('a cluster’s credential may do what is needed, and no more', what);
}
