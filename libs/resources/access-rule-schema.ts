import { z } from 'zod';
import { readPathPattern } from '#kube';
import { checked, clusterReferences, evenWithFaults, isSubdomain, listOf, namespaceName, subjects } from './fields.ts';

export const RESOURCE_VERBS = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
] as const;
const URL_VERBS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const RESOURCE = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\*)(?:\/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)?$/;
const DOT_SEGMENT = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\;]|%2f|%5c|$)/i;

const verb = z.enum([...new Set([...RESOURCE_VERBS, ...URL_VERBS]), '*']);
const apiGroup = checked((value) =>
  value === '' || value === '*' || isSubdomain(value)
    ? undefined
    : 'must be an API group like apps, "" for the core group, or "*"; no version',
);
const resource = checked((value) => {
  if (RESOURCE.test(value)) return undefined;
  return value.endsWith('/*')
    ? 'must name each subresource (RBAC has no wildcard there)'
    : 'must be a resource like pods or pods/log (plural, lower-case), "*", or "*/scale"';
});
const resourceName = checked((value) => {
  if (value.includes('*')) return 'must be a whole name: "*" is not a wildcard here; leave `resourceNames` out for all';
  return value === '' || value.length > 253 || /[\u0000-\u0020\u007f/%]/.test(value)
    ? 'must be the name of an object'
    : undefined;
});
const url = checked((value) => {
  if (value === '*') return undefined;
  return checkPath(value) ?? (/\*(?!$)/.test(value) ? 'may hold "*" only at its end' : undefined);
});
const path = checked((value) => {
  const fault = checkPath(value);
  if (fault !== undefined) return fault;
  const pattern = readPathPattern(value);
  return typeof pattern === 'string' ? pattern : undefined;
});

/** What holds for both kinds of paths: bytes that can be in a request, in the one spelling that the gateway accepts. */
function checkPath(value: string): string | undefined {
  if (!value.startsWith('/')) return 'must start with /';
  if (!/^[\x21-\x7e]*$/.test(value)) return 'must be ASCII without blanks, as on the wire; escape other characters';
  if (/[?#]/.test(value)) return 'must not hold ? or #: the query is never matched';
  if (/%(?![0-9a-f]{2})/i.test(value)) return 'holds a bad percent-escape';
  if (DOT_SEGMENT.test(value)) return 'must not hold dot segments: no request with one is accepted';
  const proxyAt = value.indexOf('/proxy/');
  return value.slice(0, proxyAt < 0 ? undefined : proxyAt).includes('//')
    ? 'must not hold empty segments: no request with one is accepted'
    : undefined;
}

const list = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).min(1).optional();

const ruleSchema = z
  .strictObject({
    verbs: list(verb),
    apiGroups: list(apiGroup),
    resources: list(resource),
    resourceNames: list(resourceName),
    namespaces: list(namespaceName),
    nonResourceURLs: list(url),
    methods: list(z.enum([...METHODS, '*'])),
    paths: list(path),
  })
  .superRefine((rule, context) => {
    const add = (message: string, at: string[] = []): void => context.addIssue({ code: 'custom', path: at, message });
    const has = (...keys: (keyof typeof rule)[]) => keys.filter((key) => rule[key] !== undefined);
    const raw = has('methods', 'paths');
    const urls = has('nonResourceURLs');
    const resources = has('apiGroups', 'resources', 'resourceNames', 'namespaces');
    if (raw.length > 0) {
      for (const key of has('verbs', 'apiGroups', 'resources', 'resourceNames', 'namespaces', 'nonResourceURLs'))
        add('does not go with methods and paths; write a rule of its own', [key]);
      for (const key of ['methods', 'paths'] as const)
        if (rule[key] === undefined) add('is required in a rule with methods and paths', [key]);
      return;
    }
    if (urls.length > 0)
      for (const key of resources) add('does not go with nonResourceURLs; write a rule of its own', [key]);
    if (urls.length === 0 && resources.length === 0)
      add('must have verbs with apiGroups and resources, verbs with nonResourceURLs, or methods with paths');
    if (rule.verbs === undefined) add('is required (RBAC verbs like get, list, watch)', ['verbs']);
    if (urls.length === 0 && resources.length > 0)
      for (const key of ['apiGroups', 'resources'] as const)
        if (rule[key] === undefined) add(`is required${key === 'apiGroups' ? ' ("" is the core group)' : ''}`, [key]);
    checkVerbs(rule.verbs, urls.length > 0, add);
  }, evenWithFaults);

/** A verb that no such request has would make a Deny that denies nothing. */
function checkVerbs(verbs: unknown, urls: boolean, add: (message: string, path: string[]) => void): void {
  const known: readonly string[] = urls ? URL_VERBS : RESOURCE_VERBS;
  const all: readonly string[] = [...RESOURCE_VERBS, ...URL_VERBS];
  const foreign = listOf(verbs).filter((word) => all.includes(word) && !known.includes(word));
  for (const word of foreign)
    add(`${word} is no verb of ${urls ? 'non-resource URLs' : 'resources'}; there are ${known.join(', ')}`, ['verbs']);
}

/** Who may do what on which clusters. Deny wins; nothing is allowed that no rule allows. */
export const accessRuleSpecSchema = z.strictObject({
  subjects,
  clusters: clusterReferences,
  effect: z.enum(['Allow', 'Deny']).default('Allow'),
  /** Report: recorded, and changes nothing. */
  mode: z.enum(['Enforce', 'Report']).default('Enforce'),
  rules: z.array(ruleSchema).min(1),
});
