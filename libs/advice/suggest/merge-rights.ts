import type { Rule } from '#policy';
import { DISCOVERY, isDiscovery } from './discovery.ts';
import { isOptions, type ResourceRight, type Right } from './used-rights.ts';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'proxy'];
const READ = ['get', 'list', 'watch'];

export interface MergeOptions {
  /** Reading is given whole: who may get, list or watch may do all three. */
  readonly roundUp: boolean;
}

/**
 * Rights on one cluster as few rules that give exactly those rights: what is merged has all else in common, so that
 * no combination arises that was not there. Discovery alone is given as a whole.
 */
export function mergeRights(rights: readonly Right[], { roundUp }: MergeOptions): Rule[] {
  const ofResources = rights.flatMap(({ verb, resource }) =>
    resource === undefined
      ? []
      : (roundUp && READ.includes(verb) ? READ : [verb]).map((word) => ({ verb: word, ...resource })),
  );
  const [options, resources] = [
    ofResources.filter(({ verb }) => isOptions(verb)),
    ofResources.filter(({ verb }) => !isOptions(verb)),
  ];
  const urls = rights.filter((right) => right.url !== undefined && !isDiscovery(right));
  return [
    ...(rights.some(isDiscovery) ? [DISCOVERY] : []),
    ...mergeUrls(urls),
    ...mergeResources(withoutCovered(resources)),
    ...mergeOptions(options),
  ];
}

type Single = ResourceRight & { readonly verb: string };

/** A rule without namespaces holds in each of them, one without names for each of them. */
function withoutCovered(singles: readonly Single[]): Single[] {
  const keyOf = (single: Single): string =>
    JSON.stringify([single.verb, single.group, single.resource, single.namespace, single.name]);
  const byKey = new Map(singles.map((single) => [keyOf(single), single]));
  return [...byKey.values()].filter((single) => {
    const wider = [
      { ...single, namespace: '' },
      { ...single, name: '' },
      { ...single, namespace: '', name: '' },
    ].filter((other) => keyOf(other) !== keyOf(single));
    return !wider.some((other) => byKey.has(keyOf(other)));
  });
}

interface Merged {
  readonly group: string;
  readonly verbs: readonly string[];
  readonly names: readonly string[];
  readonly resources: readonly string[];
  readonly namespaces: readonly string[];
}

function mergeResources(singles: readonly Single[]): Rule[] {
  const start: Merged[] = singles.map(({ verb, group, resource, namespace, name }) => ({
    group,
    verbs: [verb],
    names: [name],
    resources: [resource],
    namespaces: [namespace],
  }));
  const merged = (['verbs', 'names', 'resources', 'namespaces'] as const).reduce(mergeBy, start);
  return merged
    .sort(
      (a, b) =>
        compare(a.group, b.group) ||
        compare(a.resources[0], b.resources[0]) ||
        compare(a.namespaces[0], b.namespaces[0]),
    )
    .map(({ group, verbs, names, resources, namespaces }) => ({
      verbs,
      apiGroups: [group],
      resources,
      ...(names[0] === '' ? {} : { resourceNames: names }),
      ...(namespaces[0] === '' ? {} : { namespaces }),
    }));
}

/** Joins the entries that differ in this part only. Any name and no namespace stand alone: beside others they would be lost. */
function mergeBy(entries: readonly Merged[], part: Exclude<keyof Merged, 'group'>): Merged[] {
  const alike = Map.groupBy(entries, (entry) =>
    JSON.stringify({ ...entry, [part]: entry[part].includes('') ? 'any' : '' }),
  );
  return [...alike.values()].map((list) => {
    const words = [...new Set(list.flatMap((entry) => entry[part]))].sort(part === 'verbs' ? byVerb : compare);
    return { ...(list[0] as Merged), [part]: words };
  });
}

/** As paths: in RBAC's words only `*` gives OPTIONS, and every other verb with it. */
function mergeOptions(singles: readonly Single[]): Rule[] {
  const paths = singles.flatMap(({ group, resource, namespace, name }) => {
    const [plural = ''] = resource.split('/');
    const version = group === '' ? ['api', 'v1'] : ['apis', group, '*'];
    const place = namespace === '' ? [] : ['namespaces', namespace];
    // As kubectl writes it: the colon of a port stays.
    const spelled = name === '' ? '*' : encodeURIComponent(name).replaceAll('%3A', ':');
    const page = `/${[...version, ...place, plural, spelled, 'proxy'].join('/')}`;
    return [page, `${page}/**`];
  });
  return paths.length === 0 ? [] : [{ methods: ['OPTIONS'], paths: [...new Set(paths)].sort() }];
}

function mergeUrls(rights: readonly Right[]): Rule[] {
  const verbsOf = Map.groupBy(rights, ({ url }) => url as string);
  const byVerbs = Map.groupBy(verbsOf, ([, list]) =>
    JSON.stringify([...new Set(list.map(({ verb }) => verb))].sort(byVerb)),
  );
  return [...byVerbs].map(([verbs, entries]) => ({
    verbs: JSON.parse(verbs) as string[],
    nonResourceURLs: entries.map(([url]) => url).sort(),
  }));
}

const compare = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);
const byVerb = (a: string, b: string): number => VERBS.indexOf(a) - VERBS.indexOf(b) || compare(a, b);
