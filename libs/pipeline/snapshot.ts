import { compileIssuers, type CompiledIssuers, type IssuerInput } from '#identity';
import { compileMappings, type CompiledMappings, type MappingInput } from '#mapping';
import { compilePolicy, type AccessRuleInput, type CompiledPolicy } from '#policy';
import type { Upstream } from '#forward';
import type { ResourceObject } from '#resources';

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
  const reuse = <T>(
    kind: string,
    old: T | undefined,
    compile: (objects: readonly ResourceObject<unknown>[]) => T,
  ): T => {
    const objects = byKind.get(kind) ?? [];
    sources[kind] = objects.map(versionOf).join('\n');
    return old !== undefined && previous?.sources[kind] === sources[kind] ? old : compile(objects);
  };
  const issuers = reuse('Issuer', previous?.issuers, (objects) => compileIssuers(objects.map(flatten<IssuerInput>)));
  const mappings = reuse('Mapping', previous?.mappings, (objects) =>
    compileMappings(objects.map(flatten<MappingInput>)),
  );
  const policy = reuse('AccessRule', previous?.policy, (objects) =>
    compilePolicy(objects.map(flatten<AccessRuleInput>)),
  );

  const clusters = new Map<string, ClusterUpstream>();
  for (const object of byKind.get('Cluster') ?? []) {
    const { name } = object.metadata;
    sources[`Cluster/${name}`] = versionOf(object);
    const old = previous?.clusters.get(name);
    clusters.set(
      name,
      old && previous?.sources[`Cluster/${name}`] === versionOf(object) ? old : await ports.openCluster(object),
    );
  }
  const retired = [...(previous?.clusters.values() ?? [])].filter((old) => clusters.get(old.name) !== old);
  const defaultCluster = [...clusters.values()].find((cluster) => cluster.isDefault)?.name;
  return {
    snapshot: {
      revision: loaded.revision,
      issuers,
      mappings,
      policy,
      clusters,
      defaultCluster,
      sources,
      objects: loaded.objects,
    },
    retired,
  };
}

function versionOf(object: ResourceObject<unknown>): string {
  return `${object.metadata.name}@${object.metadata.uid}/${object.metadata.resourceVersion}`;
}

/** The stages take `{ name, version, ...spec }`; the schema of `#resources` has already validated the spec. */
function flatten<T>(object: ResourceObject<unknown>): T {
  const { name, resourceVersion } = object.metadata;
  return { ...(object.spec as object), name, version: resourceVersion } as T;
}
