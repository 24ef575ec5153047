import { GatehouseError } from '#errors';
import { nameRequiredBy } from '#kube';
import type { RequestInfo } from '#model';

/**
 * Query parameters of the own objects, by verb. The list is closed: a parameter that is neither served nor known to
 * change nothing is refused. Ignored, `dryRun` would make a rehearsal real, and a selector would widen "some" to "all";
 * the next release of Kubernetes may add another one of that kind.
 */
const LIST = [
  'fieldSelector',
  // Kubernetes allows a server to send more than `limit`; these lists are never cut.
  'limit',
  'timeoutSeconds',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'watch',
  // "Not older than" holds for every read here: each one is of the newest state.
  'resourceVersion',
  'resourceVersionMatch',
  'includeObject',
];
/** Nothing depends on these objects, and they are gone at once. */
const DELETE = ['gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'];
/** No managed fields are kept; unknown fields are always refused, as `fieldValidation=Strict` does. */
const WRITE = ['fieldManager', 'fieldValidation'];
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  get: ['resourceVersion', 'includeObject'],
  list: LIST,
  watch: LIST,
  create: WRITE,
  update: WRITE,
  patch: [...WRITE, 'force'],
  delete: DELETE,
  deletecollection: [...DELETE, 'fieldSelector', 'timeoutSeconds'],
};
const ALWAYS = ['pretty', 'timeout'];

/** What to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  dryRun:
    'nothing was changed. kubectl checks a manifest with --dry-run=client; "gatehouse policy dry-run" shows what a change of access rules would deny and allow',
  labelSelector: 'nothing was selected or changed. Name the objects (kubectl delete accessrule <name>), or list all',
  fieldSelector: 'nothing was selected or changed. Select by metadata.name=<name>, or name the objects',
  continue: 'its lists are never cut; list again without it',
  resourceVersionMatch: 'only NotOlderThan; older states are not kept',
};

/** Whether a name is one of Kubernetes' parameters that would change what happens. */
export const isOfKubernetes = (name: string): boolean => Object.hasOwn(INSTEAD, name);

export const unserved = (name: string): GatehouseError =>
  new GatehouseError(
    'badRequest',
    `the gateway does not serve "${name}" here for its own objects: ${INSTEAD[name] ?? 'nothing was changed; leave it out'}`,
  );

/** @throws GatehouseError badRequest. */
export function refuseUnserved({ verb, target }: RequestInfo): void {
  const taken = TAKEN[verb] ?? [];
  for (const [name, value] of new URLSearchParams(target.split('?')[1] ?? '')) {
    const isTaken = taken.includes(name) || ALWAYS.includes(name);
    if (name === 'resourceVersionMatch' && isTaken && value !== '' && value !== 'NotOlderThan') throw unserved(name);
    // An empty selector selects everything, as none does. An empty dryRun is a mistake, never "for real".
    if (!isTaken && (value !== '' || name === 'dryRun')) throw unserved(name);
  }
}

/** Whether a parameter is taken and changes nothing of a list. */
export const isWithoutEffect = (name: string): boolean =>
  ALWAYS.includes(name) || (LIST.includes(name) && name !== 'fieldSelector' && name !== 'limit');

/**
 * The name to which a list is narrowed by `fieldSelector=metadata.name=<name>`: a request that selects a name is judged
 * as one for that object alone, so its list must not show another. undefined: all.
 * @throws GatehouseError badRequest for every other selector.
 */
export function selectedName({ target }: RequestInfo): string | undefined {
  const selector = new URLSearchParams(target.split('?')[1] ?? '').get('fieldSelector') ?? '';
  if (selector === '') return undefined;
  // No name holds a comma.
  const name = selector.includes(',') ? undefined : nameRequiredBy(selector);
  if (typeof name !== 'string') throw unserved('fieldSelector');
  return name;
}

/** Those of the selected name, or all. */
export function selectByName<T>(info: RequestInfo, items: readonly T[], nameOf: (item: T) => string): readonly T[] {
  const name = selectedName(info);
  return name === undefined ? items : items.filter((item) => nameOf(item) === name);
}
