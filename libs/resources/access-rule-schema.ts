import { z } from 'zod';
import { readPathPattern, readPathRegex } from '#kube';
import { conditionsSchema } from './conditions-schema.ts';
import {
  GATEWAY_CLUSTER,
  checked,
  clusterReferences,
  evenWithFaults,
  isSubdomain,
  listOf,
  namespaceName,
  plainText,
  subjects,
} from './fields.ts';
import { checkImpersonation, IMPERSONATE, USER_EXTRA } from './impersonation-rule.ts';
import type { Problem } from './resource-object.ts';

export const RESOURCE_VERBS = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  // The verb of `/apis/<group>/<version>/proxy/…`; `*` does not include it.
  'proxy',
] as const;
const URL_VERBS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const RESOURCE = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\*)(?:\/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)?$/;
const DOT_SEGMENT = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\;]|%2f|%5c|$)/i;

const verb = z.enum([...new Set([...RESOURCE_VERBS, ...URL_VERBS]), IMPERSONATE, '*']);
const apiGroup = checked((value) =>
  value === '' || value === '*' || isSubdomain(value)
    ? undefined
    : 'must be an API group like apps, "" for the core group, or "*"; no version',
);
const resource = checked((value) => {
  if (RESOURCE.test(value) || USER_EXTRA.test(value)) return undefined;
  return value.endsWith('/*')
    ? 'must name each subresource (RBAC has no wildcard there)'
    : 'must be a resource like pods or pods/log (plural, lower-case), "*", or "*/scale"';
});
const resourceName = checked((value) => {
  if (value.includes('*')) return 'must be a whole name: "*" is not a wildcard here; leave `resourceNames` out for all';
  // Names of people are of other kinds: see `checkNames`.
  return plainText().safeParse(value).error?.issues[0]?.message;
});
const url = checked((value) => {
  if (value === '*') return undefined;
  return checkPath(value) ?? (/\*(?!$)/.test(value) ? 'may hold "*" only at its end' : undefined);
});
const rawPath = checked((value) => {
  const fault = checkPath(value);
  if (fault !== undefined) return fault;
  const pattern = readPathPattern(value);
  return typeof pattern === 'string' ? pattern : undefined;
});

const pathRegex = checked((value) => {
  const regex = readPathRegex(value);
  return typeof regex === 'string' ? regex : undefined;
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

/** Each is tried on each request of whom the rule is about. */
const MAX_REGEXES = 16;
/** Of all entries together: thousands of them took seconds of each request. */
const MAX_REGEXES_OF_RULE = 64;

const list = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).min(1).optional();

/** One rule, without whom it is about. */
export const ruleSchema = z
  .strictObject({
    verbs: list(verb),
    apiGroups: list(apiGroup),
    resources: list(resource),
    resourceNames: list(resourceName),
    namespaces: list(namespaceName),
    nonResourceURLs: list(url),
    methods: list(z.enum([...METHODS, '*'])),
    paths: list(rawPath),
    pathRegexes: z.array(pathRegex).min(1).max(MAX_REGEXES).optional(),
  })
  .superRefine((rule, context) => {
    const add = (message: string, at: PropertyKey[] = []): void =>
      context.addIssue({ code: 'custom', path: at, message });
    const has = (...keys: (keyof typeof rule)[]) => keys.filter((key) => rule[key] !== undefined);
    const raw = has('methods', 'paths', 'pathRegexes');
    const urls = has('nonResourceURLs');
    const resources = has('apiGroups', 'resources', 'resourceNames', 'namespaces');
    if (raw.length > 0) {
      for (const key of has('verbs', 'apiGroups', 'resources', 'resourceNames', 'namespaces', 'nonResourceURLs'))
        add('does not go with methods and paths; write a rule of its own', [key]);
      if (rule.methods === undefined) add('is required in a rule with methods and paths', ['methods']);
      if (rule.paths === undefined && rule.pathRegexes === undefined)
        add('is required in a rule with methods and paths', ['paths']);
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
    if (listOf(rule.verbs).includes(IMPERSONATE)) checkImpersonation(rule, add);
    else {
      checkVerbs(rule.verbs, urls.length > 0, add);
      checkNames(rule.resourceNames, add);
    }
  }, evenWithFaults);

function checkNames(names: unknown, add: (message: string, path: PropertyKey[]) => void): void {
  for (const [at, name] of listOf(names).entries())
    if (name.length > 253 || /[\u0000-\u0020\u007f/%]/.test(name))
      add('must be the name of an object', ['resourceNames', at]);
}

/** A verb that no such request has would make a Deny that denies nothing. */
function checkVerbs(verbs: unknown, urls: boolean, add: (message: string, path: string[]) => void): void {
  const known: readonly string[] = urls ? URL_VERBS : RESOURCE_VERBS;
  const all: readonly string[] = [...RESOURCE_VERBS, ...URL_VERBS];
  const foreign = listOf(verbs).filter((word) => all.includes(word) && !known.includes(word));
  for (const word of foreign)
    add(`${word} is no verb of ${urls ? 'non-resource URLs' : 'resources'}; there are ${known.join(', ')}`, ['verbs']);
}

/** Who may do what on which clusters. Deny wins; nothing is allowed that no rule allows. */
export const accessRuleSpecSchema = z
  .strictObject({
    subjects,
    clusters: clusterReferences,
    effect: z.enum(['Allow', 'Deny']).default('Allow'),
    /** Report: recorded, and changes nothing. */
    mode: z.enum(['Enforce', 'Report']).default('Enforce'),
    /** A wide Allow for a while, to see what people really need; see `checkLearning` for how long. */
    learning: z.boolean().optional(),
    conditions: conditionsSchema.optional(),
    rules: z.array(ruleSchema).min(1),
  })
  .superRefine((spec, context) => {
    const add = (message: string, path: string[]): void => context.addIssue({ code: 'custom', path, message });
    if (countRegexes(spec.rules) > MAX_REGEXES_OF_RULE)
      add(`may hold ${MAX_REGEXES_OF_RULE} pathRegexes altogether; write paths, which cost nothing`, ['rules']);
    const conditions: Readonly<Record<string, unknown>> = spec.conditions ?? {};
    if (spec.effect === 'Deny')
      for (const key of ENDING)
        if (conditions[key] !== undefined)
          add('does not go with Deny: what it denies would open by itself; put it on an Allow', ['conditions', key]);
    if (spec.learning !== true) return;
    if (spec.effect !== 'Allow') add('must be Allow in a rule for learning', ['effect']);
    if (spec.mode !== 'Enforce') add('must be Enforce in a rule for learning: it learns from what it allows', ['mode']);
    if (listOf(spec.clusters).includes(GATEWAY_CLUSTER))
      add('must not hold gatehouse in a rule for learning', ['clusters']);
  }, evenWithFaults);

const countRegexes = (rules: unknown): number =>
  (Array.isArray(rules) ? rules : []).reduce<number>(
    (sum, rule: { pathRegexes?: unknown } | null) => sum + listOf(rule?.pathRegexes).length,
    0,
  );

/** By these a rule stops counting without anybody's doing, or for whom it is meant. */
const ENDING = ['notAfter', 'maxAuthenticationAgeSeconds', 'acrValues'];

const DAY_MS = 24 * 60 * 60 * 1000;
const LEARNING_DAYS = 14;

/** A rule for learning must end, and soon. Judged when it is saved: what is saved ends when it says. */
export function checkLearning(
  { learning, conditions }: z.output<typeof accessRuleSpecSchema>,
  nowMs: number,
): Problem[] {
  if (learning !== true) return [];
  const end = conditions?.notAfter;
  const latest = new Date(nowMs + LEARNING_DAYS * DAY_MS).toISOString().replace(/\.\d+Z$/, 'Z');
  const path = 'spec.conditions.notAfter';
  if (end === undefined) return [{ path, message: `is required in a rule for learning; at the latest ${latest}` }];
  if (Date.parse(end) <= nowMs + LEARNING_DAYS * DAY_MS) return [];
  return [{ path, message: `must be within ${LEARNING_DAYS} days in a rule for learning; at the latest ${latest}` }];
}
