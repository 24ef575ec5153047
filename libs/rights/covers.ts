import type { PolicyRule } from './rbac-objects.ts';

/** Whether one RBAC rule gives all that another gives, by RBAC's own matching. */
export function covers(owner: PolicyRule, part: PolicyRule): boolean {
  if (!all(part.verbs, (verb) => has(owner.verbs, verb))) return false;
  if (part.nonResourceURLs) return all(part.nonResourceURLs, (url) => coversUrl(owner.nonResourceURLs, url));
  return (
    all(part.apiGroups, (group) => has(owner.apiGroups, group)) &&
    all(part.resources, (resource) => coversResource(owner.resources, resource)) &&
    coversNames(owner.resourceNames, part.resourceNames)
  );
}

/** The smallest pieces of a rule: one verb on one resource or URL, of one name where the rule has names. */
export function* piecesOf(rule: PolicyRule): Generator<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] };
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const piece = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (!rule.resourceNames?.length) yield piece;
        else for (const name of rule.resourceNames) yield { ...piece, resourceNames: [name] };
      }
    }
  }
}

const all = <T>(list: readonly T[] | undefined, test: (entry: T) => boolean): boolean => (list ?? []).every(test);

const has = (list: readonly string[] | undefined, word: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(word));

function coversResource(list: readonly string[] | undefined, resource: string): boolean {
  if (has(list, resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && list !== undefined && list.includes(`*${resource.slice(slash)}`);
}

/** RBAC: an empty list of names is no list. */
function coversNames(owner: readonly string[] | undefined, part: readonly string[] | undefined): boolean {
  if (!owner?.length) return true;
  return part !== undefined && part.length > 0 && part.every((name) => owner.includes(name));
}

function coversUrl(list: readonly string[] | undefined, url: string): boolean {
  return (list ?? []).some((entry) =>
    entry.endsWith('*') ? url.startsWith(entry.replace(/(?<!\*)\*+$/, '')) : entry === url,
  );
}
