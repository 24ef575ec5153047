import { describeError } from '#errors';
import { probeHealth, type ClusterHealth } from '#clusters';
import type { Config } from '#config';
import type { ResourceObject } from '#resources';
import type { Store } from '#store';
import type { Log } from '../log.ts';
import { askCluster } from './ask-cluster.ts';

export interface HealthWatch {
  /** By name: no older than some seconds, or the last that is known of a cluster that does not answer quickly. */
  reports(): Promise<Readonly<Record<string, ClusterHealth>>>;
  close(): Promise<void>;
}

interface Looked {
  readonly version: string;
  readonly atMs: number;
  readonly health: ClusterHealth;
}

/** A page that is loaded again and again asks the clusters no more often. */
const FRESH_MS = 10_000;
/** Somebody waits for it. */
const ANSWER_WITHIN_MS = 3_000;
/** For the log: an end that comes nearer is not told by any change. */
const LOOK_EVERY_MS = 10 * 60_000;

/**
 * How each cluster is: asked when somebody wants to know, and now and then for the log. Requests do not wait for it and
 * nothing is decided by it.
 */
export function watchHealth(
  config: Config,
  store: Pick<Store, 'objects' | 'secrets' | 'audit'>,
  log: Log,
): HealthWatch {
  const known = new Map<string, Looked>();
  const looking = new Map<string, Promise<void>>();
  let closed = false;

  const lookAt = async (cluster: ResourceObject, version: string, revision: number): Promise<void> => {
    const { name } = cluster.metadata;
    const health = await askCluster({ config, store }, cluster, revision, probeHealth);
    if (closed) return;
    const before = known.get(name)?.health.problems ?? [];
    known.set(name, { version, atMs: Date.now(), health });
    if (health.problems.length > 0 && health.problems.join() !== before.join())
      log.warn('a cluster is not well', { cluster: name, problems: health.problems });
    if (health.problems.length === 0 && before.length > 0) log.info('a cluster is well again', { cluster: name });
  };

  const look = async (withinMs: number): Promise<void> => {
    const { objects, revision } = await store.objects.readAll();
    const clusters = objects.filter(
      ({ kind, spec }) => kind === 'Cluster' && !(spec as { disabled?: boolean }).disabled,
    );
    for (const name of known.keys()) if (!clusters.some(({ metadata }) => metadata.name === name)) known.delete(name);
    const waiting = clusters.map((cluster) => {
      const { uid, name, generation } = cluster.metadata;
      const version = `${uid}/${generation}`;
      const last = known.get(name);
      if (last && last.version !== version) known.delete(name);
      if (last?.version === version && Date.now() - last.atMs < FRESH_MS) return undefined;
      const key = `${name} ${version}`;
      let asked = looking.get(key);
      if (!asked) {
        asked = lookAt(cluster, version, revision)
          .catch((error: unknown) =>
            log.warn('a cluster could not be looked at', { cluster: name, error: describeError(error) }),
          )
          .finally(() => looking.delete(key));
        looking.set(key, asked);
      }
      return asked;
    });
    await Promise.race([Promise.all(waiting), new Promise((resolve) => setTimeout(resolve, withinMs).unref())]);
  };

  const regular = setInterval(() => {
    look(LOOK_EVERY_MS).catch((error: unknown) => log.warn('clusters not looked at', { error: describeError(error) }));
  }, LOOK_EVERY_MS);
  regular.unref();
  return {
    async reports() {
      await look(ANSWER_WITHIN_MS);
      return Object.fromEntries([...known].map(([name, { health }]) => [name, health]));
    },
    async close() {
      closed = true;
      clearInterval(regular);
      await Promise.all(looking.values());
    },
  };
}
