import { keyOf, type ResourceRight, type Right } from './used-rights.ts';

/** Named by controllers, anew with every roll-out: a rule for yesterday's names would be of no use tomorrow. */
const GENERATED = new Set([
  'pods',
  'events',
  'events.events.k8s.io',
  'replicasets.apps',
  'controllerrevisions.apps',
  'endpointslices.discovery.k8s.io',
  'jobs.batch',
]);
/** More names than this are no list that somebody reviews. */
const MAX_NAMES = 8;
const COLLECTIONS = new Set(['list', 'watch']);

export interface Widened {
  readonly right: Right;
  /** Names that were used, where the right is now for any. */
  readonly seenNames: ReadonlySet<string>;
}

/**
 * Rights of one person without the names that make no rule: those of generated objects, those of objects that the
 * person listed anyway, and long lists. All others stay, so that nothing is given that was not used.
 */
export function forgetNames(rights: readonly Right[], always: boolean): Widened[] {
  const placeOf = ({ group, resource, namespace }: ResourceRight): string =>
    JSON.stringify([group, resource, namespace]);
  const listed = new Set<string>();
  const names = new Map<string, Set<string>>();
  for (const { cluster, verb, resource } of rights) {
    if (resource === undefined) continue;
    const at = `${cluster} ${placeOf(resource)}`;
    if (resource.name === '' && COLLECTIONS.has(verb)) listed.add(at);
    const key = `${verb} ${at}`;
    if (resource.name !== '') names.set(key, (names.get(key) ?? new Set()).add(resource.name));
  }
  const widened = new Map<string, { right: Right; seenNames: Set<string> }>();
  for (const right of rights) {
    const { cluster, verb, resource } = right;
    const at = resource && `${cluster} ${placeOf(resource)}`;
    const everywhere = resource && `${cluster} ${placeOf({ ...resource, namespace: '' })}`;
    const isListed = at !== undefined && everywhere !== undefined && (listed.has(at) || listed.has(everywhere));
    const forget =
      resource !== undefined &&
      resource.name !== '' &&
      (always ||
        isGenerated(resource) ||
        ((verb === 'get' || COLLECTIONS.has(verb)) && isListed) ||
        (names.get(`${verb} ${at}`)?.size ?? 0) > MAX_NAMES);
    const kept: Right = forget ? { ...right, resource: { ...resource, name: '' } } : right;
    const entry = widened.get(keyOf(kept)) ?? { right: kept, seenNames: new Set<string>() };
    if (forget) entry.seenNames.add(resource.name);
    widened.set(keyOf(kept), entry);
  }
  return [...widened.values()];
}

function isGenerated({ group, resource }: ResourceRight): boolean {
  const [parent = ''] = resource.split('/');
  return GENERATED.has(group === '' ? parent : `${parent}.${group}`);
}
