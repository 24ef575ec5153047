import type { Identity } from '#model';

/** What of a person a mapping's subject names; the earlier wins. */
const NEARNESS = ['user', 'group', 'issuer'] as const;

interface Subject {
  readonly issuer: string;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
}

/** Of a mapping, what says whom it is for. */
export interface ForWhom {
  readonly name: string;
  readonly subjects: readonly Subject[];
  readonly clusters: readonly string[];
}

/** A mapping that fits a person and a cluster, and by what. */
export interface FittingMapping {
  readonly name: string;
  readonly by: (typeof NEARNESS)[number];
}

/**
 * All mappings that fit, in the order in which one of them is used: the first is the one that speaks for the person.
 * Looks at each mapping; for explanations, not for requests.
 */
export function listFitting(
  sorted: readonly ForWhom[],
  identity: Identity,
  cluster: string,
): readonly FittingMapping[] {
  const fitting = sorted
    .filter(({ clusters }) => clusters.includes(cluster) || clusters.includes('*'))
    .flatMap(({ name, subjects }) => {
      const fits = new Set(subjects.filter((subject) => isOf(subject, identity)).map(nearnessOf));
      const by = NEARNESS.find((nearness) => fits.has(nearness));
      return by === undefined ? [] : [{ name, by }];
    });
  return NEARNESS.flatMap((nearness) => fitting.filter(({ by }) => by === nearness));
}

const isOf = ({ issuer, user, group }: Subject, identity: Identity): boolean =>
  issuer === identity.issuer &&
  (user === undefined || user === identity.username) &&
  (group === undefined || identity.groups.includes(group));

const nearnessOf = ({ user, group }: Subject): FittingMapping['by'] =>
  user !== undefined ? 'user' : group !== undefined ? 'group' : 'issuer';
