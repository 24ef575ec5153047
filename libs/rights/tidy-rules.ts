import { covers } from './covers.ts';
import type { PolicyRule } from './rbac-objects.ts';

const KEYS = ['apiGroups', 'resources', 'resourceNames', 'nonResourceURLs', 'verbs'] as const;
/** Comparing every rule with every other is not worth its time for more; what stays is a longer list, never a wider one. */
const MAX_COMPARED = 500;

/**
 * The same rights in as few rules as is readable, in one order: rules that differ in one list only become one, and
 * what another rule gives as well goes.
 * @param given rights that are had anyway and need no rule.
 */
export function tidyRules(rules: readonly PolicyRule[], given: readonly PolicyRule[] = []): PolicyRule[] {
  let merged = rules.map(sortLists);
  for (const key of ['verbs', 'resourceNames', 'resources', 'apiGroups', 'nonResourceURLs'] as const)
    merged = mergeBy(merged, key);
  if (merged.length <= MAX_COMPARED)
    merged = merged.filter(
      (rule, at) =>
        !merged.some((other, place) => place !== at && covers(other, rule) && !(covers(rule, other) && at < place)),
    );
  return merged
    .filter((rule) => !given.some((other) => covers(other, rule)))
    .map((rule) => ({ rule, key: JSON.stringify(rule) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ rule }) => rule);
}

/** Exact, since a rule is the product of its lists: two that are equal but for one give the union of that one. */
function mergeBy(rules: readonly PolicyRule[], key: (typeof KEYS)[number]): PolicyRule[] {
  const merged = new Map<string, { readonly rule: PolicyRule; readonly list: Set<string> | undefined }>();
  for (const rule of rules) {
    const { [key]: list, ...others } = rule;
    const at = JSON.stringify([list !== undefined, others]);
    const before = merged.get(at);
    if (!before) merged.set(at, { rule, list: list && new Set(list) });
    else for (const word of list ?? []) before.list?.add(word);
  }
  return [...merged.values()].map(({ rule, list }) =>
    list && list.size > (rule[key]?.length ?? 0) ? sortLists({ ...rule, [key]: [...list] }) : rule,
  );
}

/** Keys in one order, lists sorted, once each; a `*` stands for its whole list, but not among names. */
function sortLists(rule: PolicyRule): PolicyRule {
  const out: Partial<Record<(typeof KEYS)[number], readonly string[]>> = {};
  for (const key of KEYS) {
    const list = rule[key];
    if (list === undefined) continue;
    out[key] = key !== 'resourceNames' && list.includes('*') ? ['*'] : [...new Set(list)].sort();
  }
  return out as PolicyRule;
}
