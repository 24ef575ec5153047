import type { Rule } from '#policy';
import { judgeWord } from '../judge-word.ts';
import type { RbacRule } from './rbac-objects.ts';

/** Verbs that no request has: the API server asks for them beside one, of the mapped identity, and goes on doing so. */
const ASKED_BESIDE = new Set(['approve', 'attest', 'bind', 'escalate', 'sign', 'use']);
/** Of a request with a name; the others have none. */
const METHOD_OF: Readonly<Record<string, string>> = {
  get: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  '*': '*',
};

/**
 * One rule of a role as rules of an AccessRule that give the same or less; `warn` is told what they leave out.
 * @param namespace of the RoleBinding; undefined for a ClusterRoleBinding.
 */
export function convertRule(rule: RbacRule, namespace: string | undefined, warn: (message: string) => void): Rule[] {
  return [...ofResources(rule, namespace, warn), ...ofUrls(rule, namespace, warn)];
}

function ofResources(rule: RbacRule, namespace: string | undefined, warn: (message: string) => void): Rule[] {
  const { resources: asked = [], apiGroups: groups = [], resourceNames } = rule;
  if (!asked?.length || !groups?.length || !rule.verbs?.length) return [];
  const verbs = keep('resource', 'verbs', rule.verbs.filter(isOfRequests(warn)), warn);
  const apiGroups = keep('resource', 'apiGroups', groups, warn);
  const resources = keep('resource', 'resources', asked, warn).filter((resource) => resource !== '*/proxy');
  if (asked.includes('*') || asked.includes('*/proxy'))
    warn(
      'a wildcard of resources covers no proxy here: add pods/proxy, services/proxy and nodes/proxy by name where they are meant',
    );
  const names = resourceNames?.length ? keep('resource', 'resourceNames', resourceNames, warn) : undefined;
  if (verbs.length === 0 || apiGroups.length === 0 || resources.length === 0 || names?.length === 0) return [];
  const where = namespace === undefined ? {} : { namespaces: [namespace] };
  const whole = { verbs, apiGroups, resources, ...where };
  if (names === undefined) return [whole];
  const named = { ...whole, resourceNames: names };
  if (!resources.includes('services/proxy') || !(apiGroups.includes('') || apiGroups.includes('*'))) return [named];
  return splitServiceProxy(named, namespace, warn);
}

/**
 * In an AccessRule the service name `web` covers every port and scheme of it, in RBAC just the name `web` in the path.
 * So names without a port become raw paths, which are as exact as RBAC is.
 */
function splitServiceProxy(
  rule: Rule & { resourceNames: readonly string[]; resources: readonly string[]; verbs: readonly string[] },
  namespace: string | undefined,
  warn: (message: string) => void,
): Rule[] {
  const others = rule.resources.filter((resource) => resource !== 'services/proxy');
  const bare = rule.resourceNames.filter((name) => !name.includes(':'));
  const withPort = rule.resourceNames.filter((name) => name.includes(':'));
  const methods = [...new Set(rule.verbs.flatMap((verb) => METHOD_OF[verb] ?? []))];
  const plain = bare.filter((name) => /^[a-z0-9.-]+$/.test(name));
  for (const name of bare)
    if (!plain.includes(name))
      warn(`services/proxy of ${JSON.stringify(name)} is left out: no Service has such a name`);
  const paths = plain.flatMap((name) => {
    const path = `/api/v1/namespaces/${namespace ?? '*'}/services/${name}/proxy`;
    return [path, `${path}/**`];
  });
  return [
    ...(others.length > 0 ? [{ ...rule, resources: others }] : []),
    ...(withPort.length > 0
      ? [{ ...rule, apiGroups: [''], resources: ['services/proxy'], resourceNames: withPort }]
      : []),
    ...(paths.length > 0 && methods.length > 0 ? [{ methods, paths }] : []),
  ];
}

function ofUrls(rule: RbacRule, namespace: string | undefined, warn: (message: string) => void): Rule[] {
  if (!rule.nonResourceURLs?.length || !rule.verbs?.length) return [];
  if (namespace !== undefined) {
    warn('nonResourceURLs are given by ClusterRoleBindings only, here as in Kubernetes');
    return [];
  }
  const verbs = keep('url', 'verbs', rule.verbs, warn);
  // RBAC trims every trailing star.
  const urls = rule.nonResourceURLs.map((url) => url.replace(/(?<!\*)\*{2,}$/, '*'));
  const nonResourceURLs = keep('url', 'nonResourceURLs', urls, warn);
  return verbs.length > 0 && nonResourceURLs.length > 0 ? [{ verbs, nonResourceURLs }] : [];
}

const isOfRequests =
  (warn: (message: string) => void) =>
  (verb: string): boolean => {
    if (ASKED_BESIDE.has(verb))
      warn(`verb ${JSON.stringify(verb)} is left out: no request has it, the API server itself goes on asking for it`);
    else if (verb === 'impersonate')
      warn('verb "impersonate" is left out: write a rule by hand for who may act as whom through this gateway');
    else return true;
    return false;
  };

function keep(
  kind: 'resource' | 'url',
  key: Parameters<typeof judgeWord>[1],
  words: readonly string[],
  warn: (message: string) => void,
): string[] {
  return [...new Set(words)].filter((word) => {
    const problem = judgeWord(kind, key, word);
    if (problem !== undefined) warn(`${key} ${JSON.stringify(word)} is left out (${problem})`);
    return problem === undefined;
  });
}
