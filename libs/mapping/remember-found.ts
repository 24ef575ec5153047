import type { Identity } from '#model';
import type { Found } from './found.ts';

interface Remembered {
  readonly username: string;
  readonly groups: readonly string[];
  found: Found | Promise<Found>;
}

/**
 * What expressions made of a person, kept with the claims, which never change: however many requests come at once, and
 * however many streams are judged again, each expression is asked once for them. A refresh of the session brings other
 * claims. What no mapping fits is kept too, or its next request would ask them all again.
 */
export function createFoundMemory(): (
  identity: Identity,
  cluster: string,
  find: () => Found | Promise<Found>,
) => Found | Promise<Found> {
  const byClaims = new WeakMap<object, Map<string, Remembered>>();
  return ({ claims, username, groups }, cluster, find) => {
    let byCluster = byClaims.get(claims);
    if (byCluster === undefined) byClaims.set(claims, (byCluster = new Map()));
    const before = byCluster.get(cluster);
    // The same claims may be named anew, by an Issuer that has changed.
    if (before?.username === username && isSame(before.groups, groups)) return before.found;
    const found = find();
    const entry: Remembered = { username, groups, found };
    byCluster.set(cluster, entry);
    if (found instanceof Promise)
      found.then(
        (settled) => (entry.found = settled),
        () => byCluster.delete(cluster),
      );
    return found;
  };
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one === other || (one.length === other.length && one.every((name, at) => name === other[at]));
