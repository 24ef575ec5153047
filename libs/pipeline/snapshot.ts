import type { CompiledIssuers } from '#identity';
import type { CompiledMappings } from '#mapping';
import type { CompiledPolicy } from '#policy';
import type { Upstream } from '#forward';
import type { ResourceObject } from '#resources';
import { compileIssuerObjects, compileMappingObjects, compilePolicyObjects, type Objects } from './compile-stages.ts';

/** An open cluster as the pipeline sees it. */
export interface ClusterUpstream extends Upstream {
  readonly isDefault: boolean;
  close(): Promise<void>;
}

/** Everything that judges a request, compiled and immutable. Taken once a request. */
export interface Snapshot {
  readonly revision: number;
  readonly issuers: CompiledIssuers;
  readonly mappings: CompiledMappings;
  readonly policy: CompiledPolicy;
  readonly clusters: ReadonlyMap<string, ClusterUpstream>;
  /** Registered, and not among `clusters`. */
  readonly disabledClusters: ReadonlySet<string>;
  readonly defaultCluster: string | undefined;
  /** What was compiled, by kind: lets the next compile keep what did not change. */
  readonly sources: Readonly<Record<string, string>>;
  /** The objects themselves, for pages that show them (issuer names, login clients). */
  readonly objects: readonly ResourceObject<unknown>[];
}

export interface CompilePorts {
  openCluster(object: ResourceObject<unknown>): Promise<ClusterUpstream>;
}

/**
 * Compiles a new snapshot beside the old one; kinds and clusters that did not change are shared with it.
 * @throws whatever a compile throws: the caller then keeps the last good snapshot (a Deny that does not compile must
 * fail the whole change, never just itself).
 * @returns the snapshot, and the clusters of the old one that no longer belong to it.
 */
export async function compileSnapshot(
  previous: Snapshot | undefined,
  loaded: { readonly revision: number; readonly objects: readonly ResourceObject<unknown>[] },
  ports: CompilePorts,
): Promise<{ snapshot: Snapshot; retired: ClusterUpstream[] }> {
  const byKind = Map.groupBy(loaded.objects, (object) => object.kind);
  const sources: Record<string, string> = {};
  const reuse = async <T>(
    kind: string,
    old: T | undefined,
    compile: (objects: Objects) => T | Promise<T>,
    objects = byKind.get(kind) ?? [],
  ): Promise<T> => {
    sources[kind] = objects.map(versionOf).join('\n');
    return old !== undefined && previous?.sources[kind] === sources[kind] ? old : await compile(objects);
  };
  const issuing = [...(byKind.get('Issuer') ?? []), ...(byKind.get('ServiceIdentity') ?? [])];
  const issuers = await reuse('Issuer', previous?.issuers, compileIssuerObjects, issuing);
  const mappings = await reuse('Mapping', previous?.mappings, compileMappingObjects);
  const policy = await reuse('AccessRule', previous?.policy, compilePolicyObjects);

  const clusters = new Map<string, ClusterUpstream>();
  const disabledClusters = new Set<string>();
  let defaultCluster: string | undefined;
  for (const object of byKind.get('Cluster') ?? []) {
    const { name } = object.metadata;
    const spec = object.spec as { default?: boolean; disabled?: boolean };
    if (spec.default) defaultCluster ??= name;
    if (spec.disabled) {
      disabledClusters.add(name);
      continue;
    }
    const connectedBy = connectionOf(object);
    sources[`Cluster/${name}`] = connectedBy;
    const old = previous?.clusters.get(name);
    clusters.set(
      name,
      old && previous?.sources[`Cluster/${name}`] === connectedBy ? old : await ports.openCluster(object),
    );
  }
  const retired = [...(previous?.clusters.values() ?? [])].filter((old) => clusters.get(old.name) !== old);
  return {
    snapshot: {
      revision: loaded.revision,
      issuers,
      mappings,
      policy,
      clusters,
      disabledClusters,
      defaultCluster,
      sources,
      objects: loaded.objects,
    },
    retired,
  };
}

/** What a connection is made of: spec and secrets, which `generation` counts. A new label must not cut anybody's streams. */
const connectionOf = ({ metadata }: ResourceObject<unknown>): string => `${metadata.uid}/${metadata.generation}`;

function versionOf(object: ResourceObject<unknown>): string {
  return `${object.metadata.name}@${object.metadata.uid}/${object.metadata.resourceVersion}`;
}
