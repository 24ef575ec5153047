import type { PolicyRule } from './rbac-objects.ts';

const MAX_NAMES = 5;

/** A rule in one line, as people speak of rights. Names are quoted, so that none can forge a line. */
export function describeRule(rule: PolicyRule): string {
  const verbs = list(rule.verbs);
  if (rule.nonResourceURLs) return `${verbs} ${rule.nonResourceURLs.map((url) => JSON.stringify(url)).join(', ')}`;
  const groups = (rule.apiGroups ?? []).map((group) => group || 'core');
  const names = rule.resourceNames ?? [];
  const shown = names.slice(0, MAX_NAMES).map((name) => JSON.stringify(name));
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `${verbs} ${list(rule.resources)} (${list(groups)})${names.length > 0 ? ` ${shown.join(', ')}${more}` : ''}`;
}

const list = (words: readonly string[] | undefined): string => (words ?? []).join(', ');
