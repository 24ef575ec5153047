import { findDrift, nameOf, type Drift, type RbacObject } from '#rights';
import { CliFailure } from '../failure.ts';
import type { RbacApi } from './rbac-api.ts';

export interface Reach {
  /** Objects that can be there: not those of namespaces that do not exist. */
  readonly wanted: readonly RbacObject[];
  readonly absentNamespaces: readonly string[];
}

/** Rules may name namespaces that are yet to come; a role there would not be accepted. */
export async function reachOf(manifests: readonly RbacObject[], api: RbacApi): Promise<Reach> {
  const namespaces = new Set(manifests.flatMap(({ metadata: { namespace } }) => namespace ?? []));
  const absent = new Set<string>();
  for (const namespace of namespaces) if (!(await api.namespaceExists(namespace))) absent.add(namespace);
  return {
    wanted: manifests.filter(({ metadata: { namespace } }) => namespace === undefined || !absent.has(namespace)),
    absentNamespaces: [...absent],
  };
}

/** What differs in the cluster, roles left over from earlier rules included. */
export async function readDrift(wanted: readonly RbacObject[], name: string, api: RbacApi): Promise<Drift[]> {
  const live = new Map((await api.listOwned(name)).map((object) => [nameOf(object), object]));
  for (const object of wanted) {
    if (live.has(nameOf(object))) continue;
    const unlabelled = await api.get(object);
    if (unlabelled) live.set(nameOf(object), unlabelled);
  }
  return findDrift(wanted, [...live.values()]);
}

/** Makes the cluster what it should be: first what is too much, then what is too little. Answers what was done. */
export async function applyRbac(wanted: readonly RbacObject[], name: string, api: RbacApi): Promise<string[]> {
  const drifted = new Set((await readDrift(wanted, name, api)).map(({ object }) => object));
  const done: string[] = [];
  const keys = new Set(wanted.map(nameOf));
  for (const object of await api.listOwned(name)) {
    if (keys.has(nameOf(object))) continue;
    await api.delete(object);
    done.push(`${nameOf(object)} deleted`);
  }
  for (const object of wanted) {
    if (object.roleRef) await replaceOtherRole(object, api);
    // Also where nothing drifted: the label is what finds it again.
    await api.apply(object);
    done.push(`${nameOf(object)} ${drifted.has(nameOf(object)) ? 'configured' : 'unchanged'}`);
  }
  return done;
}

/** A binding cannot be led to another role; one that somebody made of this name must be made anew, by somebody who means it. */
async function replaceOtherRole(binding: RbacObject, api: RbacApi): Promise<void> {
  const live = await api.get(binding);
  const role = live?.roleRef;
  if (role && (role.kind !== binding.roleRef?.kind || role.name !== binding.roleRef.name))
    throw new CliFailure(
      `${nameOf(binding)} exists and binds ${role.kind} ${JSON.stringify(role.name)}; delete it, or give another --name`,
    );
}
