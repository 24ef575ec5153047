import type { AccessRuleSpec } from '#resources';
import { actsOfPath } from './acts-of-path.ts';
import type { Acts } from './acts.ts';
import { RESOURCE_VERBS, URL_VERBS } from './request-verbs.ts';

type Rule = AccessRuleSpec['rules'][number];

/**
 * The requests of a rule, as narrow as RBAC can say it and never narrower than the rule: a bare service name also
 * covers its ports, which RBAC cannot spell, and RBAC's `*` holds the proxies that ours leaves out.
 */
export function actsOfRule(rule: Rule): Acts[] {
  const {
    verbs = [],
    apiGroups,
    resources,
    resourceNames,
    namespaces,
    nonResourceURLs,
    methods,
    paths,
    pathRegexes,
  } = rule;
  // What an expression matches cannot be said in RBAC's words at all.
  const patterns = [...(paths ?? []), ...(pathRegexes ? ['/**'] : [])];
  if (patterns.length > 0) return patterns.flatMap((path) => actsOfPath(path, methods ?? []));
  if (nonResourceURLs) return nonEmpty([{ rule: { verbs: expand(verbs, URL_VERBS), nonResourceURLs } }]);
  if (!apiGroups || !resources) return [];
  const where = namespaces && !namespaces.includes('*') ? { namespaces } : {};
  const expanded = expand(verbs, RESOURCE_VERBS);
  const acts = (
    of: readonly string[],
    names: readonly string[] | undefined,
    verbsOf = expanded,
    groups = apiGroups,
  ) => ({
    ...where,
    rule: { verbs: verbsOf, apiGroups: groups, resources: of, ...(names ? { resourceNames: names } : {}) },
  });
  const bare = resourceNames?.some((name) => !name.includes(':')) ?? false;
  const isWidened = (resource: string): boolean => bare && resource === 'services/proxy';
  const proxies = resources.filter(isWidened);
  const others = resources.filter((resource) => !isWidened(resource));
  // OPTIONS behind a proxy has the empty verb, and constrained impersonation needs a rule for it.
  const ofOptions = verbs.includes('*') ? [''] : [];
  const namedGroups = verbs.includes('proxy') ? apiGroups.filter((group) => group !== '' && group !== '*') : [];
  return nonEmpty([
    acts(others, resourceNames),
    acts(proxies, undefined),
    acts(others.filter(isProxy), resourceNames, ofOptions),
    acts(proxies, undefined, ofOptions),
    acts(resources, resourceNames, ['proxy'], namedGroups),
  ]);
}

const isProxy = (resource: string): boolean => resource.endsWith('/proxy');

/** RBAC has no wildcard within a verb, and what is made of a `*` must be. */
function expand(verbs: readonly string[], known: readonly string[]): string[] {
  return known.filter((verb) => verbs.includes('*') || verbs.includes(verb));
}

function nonEmpty(acts: readonly Acts[]): Acts[] {
  return acts.filter(
    ({ rule }) =>
      rule.verbs.length > 0 &&
      (rule.nonResourceURLs !== undefined || (rule.resources?.length !== 0 && rule.apiGroups?.length !== 0)),
  );
}
