import type { Identity } from '#model';
import { listFitting, type FittingMapping } from './list-fitting.ts';

/** One person or group of one issuer; without user and group everybody of that issuer; with both, both must hold. */
export interface Subject {
  readonly issuer: string;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
}

/** Where a name comes from: a claim, the identity as the issuer named it, or a literal. */
export type ValueSource =
  | { readonly claim: string; readonly prefix?: string | undefined }
  | { readonly from: 'username' | 'groups' | 'uid'; readonly prefix?: string | undefined }
  | { readonly value: string };

/** Groups may be filtered; names in `only` are as they go upstream, prefix included. */
export type GroupSource = ValueSource & {
  /** Whole names, or a prefix and `*`. Absent: all of them. What it leaves out is not sent and counts for no limit. */
  readonly only?: readonly string[] | undefined;
};

export interface ExtraSource {
  readonly key: string;
  readonly value: ValueSource;
}

/** Literal names only: a claim that could choose the account could choose any account of the cluster. */
export interface ServiceAccountSource {
  readonly namespace: string;
  readonly name: string;
  /** Who the token is for; absent: the API server's own audiences. */
  readonly audiences?: readonly string[] | undefined;
  /** Asked of the API server, which may give another. Default 600, the least it gives. */
  readonly expirationSeconds?: number | undefined;
}

export interface MappingInput {
  readonly name: string;
  readonly subjects: readonly Subject[];
  /** Names, or `*` for every cluster but `gatehouse`. */
  readonly clusters: readonly string[];
  readonly impersonate?:
    | {
        readonly user: ValueSource;
        readonly groups?: readonly GroupSource[] | undefined;
        readonly uid?: ValueSource | undefined;
        readonly extra?: readonly ExtraSource[] | undefined;
      }
    | undefined;
  readonly storedToken?: object | undefined;
  readonly serviceAccount?: ServiceAccountSource | undefined;
  /** More groups than this refuse the request. Default 500. */
  readonly maxGroups?: number | undefined;
}

/** Mappings by cluster and subject; immutable. */
export interface CompiledMappings {
  /** The mapping that speaks for this person on this cluster, or undefined. */
  find(identity: Identity, cluster: string): MappingInput | undefined;
  /** All that fit, the one that `find` gives first; takes the longer the more mappings there are. */
  list(identity: Identity, cluster: string): readonly FittingMapping[];
}

const GATEWAY_CLUSTER = 'gatehouse';

/** The first mapping by name of each subject; a mapping is its rank, its place when all are sorted by name. */
interface IssuerMappings {
  everybody: number;
  readonly users: Map<string, number>;
  readonly groups: Map<string, number>;
  readonly usersInGroups: Map<string, Map<string, number>>;
}

/**
 * Indexes mappings so that finding one costs a few look-ups however many there are.
 *
 * One documented order where several match: a mapping whose subject names the user (with or without a group) wins over
 * one that names a group, that over one for everybody of the issuer; among equals the name that sorts first, by code
 * unit. Whether the cluster was named or met by `*` makes no difference. No mapping is ever found for `gatehouse`.
 */
export function compileMappings(mappings: readonly MappingInput[]): CompiledMappings {
  const steps = compileMappingsInSteps(mappings);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps of some microseconds, for a caller that lets others run in between. */
export function* compileMappingsInSteps(mappings: readonly MappingInput[]): Generator<void, CompiledMappings> {
  const sorted = yield* sortByName(mappings);
  const clusters = new Map<string, Map<string, IssuerMappings>>();
  for (const [rank, mapping] of sorted.entries()) {
    for (const cluster of mapping.clusters) {
      if (cluster === GATEWAY_CLUSTER) continue;
      const issuers = getOrAdd(clusters, cluster, () => new Map<string, IssuerMappings>());
      for (const subject of mapping.subjects) {
        yield;
        addSubject(getOrAdd(issuers, subject.issuer, newIssuer), subject, rank);
      }
    }
  }
  return {
    find(identity, cluster) {
      if (cluster === GATEWAY_CLUSTER) return undefined;
      const places = [clusters.get(cluster)?.get(identity.issuer), clusters.get('*')?.get(identity.issuer)];
      let user = Infinity;
      let group = Infinity;
      let everybody = Infinity;
      for (const place of places) {
        if (place === undefined) continue;
        user = Math.min(user, place.users.get(identity.username) ?? Infinity);
        const both = place.usersInGroups.get(identity.username);
        for (const name of identity.groups) {
          group = Math.min(group, place.groups.get(name) ?? Infinity);
          user = Math.min(user, both?.get(name) ?? Infinity);
        }
        everybody = Math.min(everybody, place.everybody);
      }
      return sorted[user !== Infinity ? user : group !== Infinity ? group : everybody];
    },
    list: (identity, cluster) => (cluster === GATEWAY_CLUSTER ? [] : listFitting(sorted, identity, cluster)),
  };
}

const RUN_LENGTH = 2000;

/** Sorts by code unit: short runs at once, then merged; to sort a hundred thousand at once holds everybody up. */
function* sortByName(mappings: readonly MappingInput[]): Generator<void, readonly MappingInput[]> {
  let runs: MappingInput[][] = [];
  for (let start = 0; start < mappings.length; start += RUN_LENGTH) {
    yield;
    runs.push(
      mappings.slice(start, start + RUN_LENGTH).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    );
  }
  while (runs.length > 1) {
    const merged: MappingInput[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(left: readonly MappingInput[], right: readonly MappingInput[]): Generator<void, MappingInput[]> {
  const merged: MappingInput[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l], right[r]];
    if (a !== undefined && (b === undefined || a.name <= b.name)) {
      merged.push(a);
      l++;
    } else {
      merged.push(b as MappingInput);
      r++;
    }
    yield;
  }
  return merged;
}

const newIssuer = (): IssuerMappings => ({
  everybody: Infinity,
  users: new Map(),
  groups: new Map(),
  usersInGroups: new Map(),
});

/** Ranks come in ascending order: the first one stays. */
function addSubject(issuer: IssuerMappings, { user, group }: Subject, rank: number): void {
  if (user !== undefined && group !== undefined)
    getOrAdd(
      getOrAdd(issuer.usersInGroups, user, () => new Map<string, number>()),
      group,
      () => rank,
    );
  else if (user !== undefined) getOrAdd(issuer.users, user, () => rank);
  else if (group !== undefined) getOrAdd(issuer.groups, group, () => rank);
  else issuer.everybody = Math.min(issuer.everybody, rank);
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}
