import type { KnownKind } from './known-kinds.ts';

/** What a client must accept to be told everything at once. */
export const AGGREGATED_DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface Discovery {
  readonly kind?: unknown;
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version?: string;
      readonly resources?: readonly {
        readonly resource?: string;
        readonly scope?: string;
        readonly responseKind?: { readonly kind?: string };
        readonly shortNames?: readonly string[];
      }[];
    }[];
  }[];
}

/** Kinds of an `APIGroupDiscoveryList` (apidiscovery.k8s.io/v2), each in its group's preferred version; [] for what is none. */
export function readDiscovery(text: string): KnownKind[] {
  let list: Discovery;
  try {
    list = JSON.parse(text) as Discovery;
  } catch {
    return [];
  }
  if (list?.kind !== 'APIGroupDiscoveryList') return [];
  const kinds = new Map<string, KnownKind>();
  for (const { metadata, versions = [] } of list.items ?? []) {
    const group = metadata?.name ?? '';
    for (const { version = '', resources = [] } of versions) {
      for (const { resource = '', scope, responseKind, shortNames = [] } of resources) {
        const key = `${resource}.${group}`;
        if (resource === '' || kinds.has(key)) continue;
        kinds.set(key, {
          group,
          version,
          resource,
          kind: responseKind?.kind ?? '',
          namespaced: scope === 'Namespaced',
          shortNames,
        });
      }
    }
  }
  return [...kinds.values()];
}

/** The same, told to a client. */
export function writeDiscovery(kinds: readonly KnownKind[], core: boolean): string {
  const groups = Map.groupBy(
    kinds.filter(({ group }) => (group === '') === core),
    ({ group }) => group,
  );
  const items = [...groups].map(([group, ofGroup]) => ({
    metadata: group === '' ? {} : { name: group },
    versions: [...Map.groupBy(ofGroup, ({ version }) => version)].map(([version, list]) => ({
      version,
      freshness: 'Current',
      resources: list.map(({ resource, kind, namespaced, shortNames }) => ({
        resource,
        responseKind: { group, version, kind },
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: kind.toLowerCase(),
        shortNames,
        ...(isInAll({ group, resource }) ? { categories: ['all'] } : {}),
        subresources: subresourcesOf({ group, resource }),
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      })),
    })),
  }));
  return JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items });
}

/** Those that kubectl looks for before it asks for them: what `drain` and `autoscale` need. */
function subresourcesOf({ group, resource }: Pick<KnownKind, 'group' | 'resource'>): object[] {
  const told = (subresource: string, kind: string, ofGroup: string, verbs: string[]): object[] => [
    { subresource, responseKind: { group: ofGroup, version: 'v1', kind }, verbs },
  ];
  if (resource === 'pods' && group === '') return told('eviction', 'Eviction', 'policy', ['create']);
  return SCALED.has(resource) ? told('scale', 'Scale', 'autoscaling', ['get', 'patch', 'update']) : [];
}

const SCALED = new Set(['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers']);

const ALL = new Set(
  'pods replicationcontrollers services daemonsets.apps deployments.apps replicasets.apps statefulsets.apps horizontalpodautoscalers.autoscaling cronjobs.batch jobs.batch'.split(
    ' ',
  ),
);

/** Whether `kubectl get all` means it. */
export const isInAll = ({ group, resource }: Pick<KnownKind, 'group' | 'resource'>): boolean =>
  ALL.has(group === '' ? resource : `${resource}.${group}`);

/** One group and version, as clients read it that look for a subresource. */
export function writeResourceList(kinds: readonly KnownKind[], groupVersion: string): string {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  const resources = kinds
    .filter((entry) => entry.group === group && entry.version === version)
    .map(({ resource, kind, namespaced, shortNames }) => ({
      name: resource,
      singularName: '',
      namespaced,
      kind,
      shortNames,
      verbs: ['get', 'list'],
    }));
  const eviction = {
    name: 'pods/eviction',
    singularName: '',
    namespaced: true,
    group: 'policy',
    version: 'v1',
    kind: 'Eviction',
    verbs: ['create'],
  };
  return JSON.stringify({
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: groupVersion === 'v1' ? [...resources, eviction] : resources,
  });
}

/** `/openapi/v3`, and one group and version of it: as much as kubectl looks for before it sends a manifest. */
export function writeOpenApi(kinds: readonly KnownKind[], groupVersion: string | undefined): string {
  const pathOf = ({ group, version }: KnownKind): string =>
    group === '' ? `api/${version}` : `apis/${group}/${version}`;
  if (groupVersion === undefined)
    return JSON.stringify({
      paths: Object.fromEntries(
        kinds.map((kind) => [pathOf(kind), { serverRelativeURL: `/openapi/v3/${pathOf(kind)}` }]),
      ),
    });
  const parameters = ['dryRun', 'fieldValidation'].map((name) => ({ name, in: 'query', schema: { type: 'string' } }));
  const paths = kinds
    .filter((kind) => pathOf(kind) === groupVersion)
    .map(({ group, version, resource, kind }) => [
      `/${groupVersion}/${resource}/{name}`,
      { patch: { 'x-kubernetes-group-version-kind': { group, version, kind }, parameters, responses: {} } },
    ]);
  return JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: '1.36' },
    paths: Object.fromEntries(paths),
  });
}
