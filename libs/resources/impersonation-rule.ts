import { listOf } from './fields.ts';

/** Kubernetes' verb for acting as somebody else (`kubectl --as`). */
export const IMPERSONATE = 'impersonate';
/** `userextras/<key>`; keys look like `example.com/name`. */
export const USER_EXTRA = /^userextras\/[a-z0-9!#$&'+.^_`|~/-]{1,256}$/;

/** RBAC's own words: where each resource is. */
const GROUPS: Readonly<Record<string, string>> = {
  users: '',
  groups: '',
  serviceaccounts: '',
  uids: 'authentication.k8s.io',
};

interface Rule {
  readonly verbs?: unknown;
  readonly apiGroups?: unknown;
  readonly resources?: unknown;
  readonly resourceNames?: unknown;
  readonly namespaces?: unknown;
  readonly nonResourceURLs?: unknown;
}

/**
 * A rule with the verb `impersonate` stands alone and says what it gives: everything else about it would be a way to
 * become somebody by accident.
 */
export function checkImpersonation(rule: Rule, add: (message: string, path: PropertyKey[]) => void): void {
  const verbs = listOf(rule.verbs);
  const groups = listOf(rule.apiGroups);
  const resources = listOf(rule.resources);
  if (verbs.length > 1) add('impersonate stands alone; write a rule of its own for other verbs', ['verbs']);
  for (const [at, resource] of resources.entries()) {
    const group = USER_EXTRA.test(resource) ? 'authentication.k8s.io' : GROUPS[resource];
    const path = ['resources', at];
    if (group === undefined)
      add('must be users, groups, serviceaccounts, uids or userextras/<key> with the verb impersonate', path);
    else if (groups.length > 0 && !groups.includes(group) && !groups.includes('*'))
      add(`is in the API group ${JSON.stringify(group)}, which apiGroups does not name`, path);
  }
  if (rule.nonResourceURLs !== undefined) add('does not go with the verb impersonate', ['nonResourceURLs']);
  const names = listOf(rule.resourceNames);
  if (resources.includes('serviceaccounts') && names.length === 0)
    add('is required with serviceaccounts: an account is acted as by its name only', ['resourceNames']);
  if (names.includes('system:masters'))
    add('must not hold system:masters: nobody acts as a member of it', ['resourceNames']);
  if (rule.namespaces !== undefined && resources.some((resource) => resource !== 'serviceaccounts'))
    add('goes with serviceaccounts only, where the verb is impersonate', ['namespaces']);
}
