import type { ClusterHealth } from '#clusters';
import type { Config } from '#config';
import type { ResourceObject } from '#resources';
import type { Store } from '#store';
import { existingObject } from '../existing-object.ts';
import { table, visible, type Terminal } from '../terminal.ts';
import { toYaml } from '../to-yaml.ts';
import { askHealth } from './ask-health.ts';

interface Spec {
  readonly server?: string;
  readonly default?: boolean;
  readonly disabled?: boolean;
  readonly credential?: { readonly type?: string };
}

/** A line for each; all are asked at once. */
export async function listClusters(terminal: Terminal, config: Config, store: Store): Promise<void> {
  const { items } = await store.objects.list('Cluster');
  const rows = await Promise.all(
    items.map(async (cluster) => {
      const health = isDisabled(cluster) ? undefined : await askHealth(config, store, cluster);
      return { line: lineOf(cluster, health), problems: health?.problems ?? [], name: cluster.metadata.name };
    }),
  );
  const head = [
    'NAME',
    'SERVER',
    'STATE',
    'VERSION',
    'CERTIFICATE ENDS',
    'CREDENTIAL',
    'CREDENTIAL ENDS',
    'IMPERSONATES',
  ];
  for (const row of table([head, ...rows.map(({ line }) => line)])) terminal.out(row);
  for (const { name, problems } of rows)
    for (const problem of problems) terminal.say(visible(`warning: ${name}: ${problem}`));
}

/** @throws CliFailure where there is none of that name. */
export async function showCluster(terminal: Terminal, config: Config, store: Store, name: string): Promise<void> {
  const cluster = await existingObject(store, 'Cluster', name);
  const status = isDisabled(cluster) ? undefined : { health: await askHealth(config, store, cluster) };
  terminal.out(toYaml(status ? { ...cluster, status } : cluster).trimEnd());
}

const isDisabled = ({ spec }: ResourceObject): boolean => (spec as Spec).disabled === true;

function lineOf({ metadata, spec }: ResourceObject, health: ClusterHealth | undefined): string[] {
  const { server = 'the pod’s own', default: isDefault, credential } = spec as Spec;
  const state = health === undefined ? 'disabled' : health.reachable ? 'reachable' : 'unreachable';
  return [
    metadata.name,
    `${server}${isDefault ? ' (default)' : ''}`,
    state,
    health?.version ?? '',
    health?.certificateExpiresAt ?? '',
    credential?.type ?? 'none',
    health?.credentialExpiresAt ?? '',
    health?.impersonation ?? '',
  ];
}
