import type { ResourceObject } from './resource-object.ts';

interface Refers {
  readonly subjects?: readonly { readonly issuer: string }[];
  readonly clusters?: readonly string[];
}

/** What shows only when all objects are looked at together: dangling references, and two ways to one server. */
export function findWarningsBetween(objects: readonly ResourceObject[]): string[] {
  const of = (kind: string): ResourceObject[] => objects.filter((object) => object.kind === kind);
  const namesOf = (kind: string): Set<string> => new Set(of(kind).map(({ metadata }) => metadata.name));
  const issuers = namesOf('Issuer');
  const clusters = namesOf('Cluster').add('*').add('gatehouse');
  const warnings: string[] = [];
  for (const object of [...of('Mapping'), ...of('AccessRule')]) {
    const { subjects = [], clusters: named = [] } = object.spec as Refers;
    const at = `${object.kind} ${JSON.stringify(object.metadata.name)}`;
    for (const issuer of new Set(subjects.map((subject) => subject.issuer)))
      if (!issuers.has(issuer)) warnings.push(`${at} names the issuer ${JSON.stringify(issuer)}, which does not exist`);
    for (const cluster of named)
      if (!clusters.has(cluster))
        warnings.push(`${at} names the cluster ${JSON.stringify(cluster)}, which does not exist`);
  }
  const defaults = of('Cluster').filter(({ spec }) => (spec as { default?: boolean }).default === true);
  if (defaults.length > 1)
    warnings.push(
      `the clusters ${listNames(defaults)} are all the default; requests without /clusters/<name> go to one of them only`,
    );
  const servers = Map.groupBy(of('Cluster'), ({ spec }) => (spec as { server?: string }).server ?? '');
  for (const [server, same] of servers)
    if (same.length > 1)
      warnings.push(
        `the clusters ${listNames(same)} are one server (${server || 'the pod’s own'}); a Deny that names one of them leaves the other open`,
      );
  return warnings;
}

const listNames = (objects: readonly ResourceObject[]): string =>
  objects.map(({ metadata }) => JSON.stringify(metadata.name)).join(', ');
