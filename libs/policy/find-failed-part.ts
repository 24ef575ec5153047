import type { Rule } from './access-rule.ts';
import { FoundRules, OPEN_GATE } from './found-rules.ts';
import type { Act } from './needed-acts.ts';
import type { Question } from './question.ts';
import { RuleSet } from './rule-set.ts';
import { runSteps } from './run-steps.ts';

export type RulePart =
  | 'subject'
  | 'cluster'
  | 'verb'
  | 'group'
  | 'resource'
  | 'namespace'
  | 'name'
  | 'method'
  | 'path'
  | 'condition';

/** The first part of a rule that a request does not meet. */
export interface FailedPart {
  readonly part: RulePart;
  /** Index in `spec.rules`; undefined for what stands outside of them. */
  readonly entry: number | undefined;
  /** What the rule has there. */
  readonly ruled: readonly string[];
  /** What the request has there. */
  readonly asked: string;
}

/**
 * The part of one entry that fails first, or undefined where the entry meets the act. Each part is asked by itself: all
 * others are given just what the request has, and the same index judges. `distance` counts the parts that fail, so that
 * of several entries the nearest one can be shown; an entry of another sort is farther than all.
 */
export function findFailedPart(
  rule: Rule,
  deny: boolean,
  question: Question,
  act: Act,
): { readonly failed: FailedPart; readonly distance: number } | undefined {
  if (meets(rule, deny, question, act)) return undefined;
  const parts =
    rule.paths?.length || rule.pathRegexes?.length ? ofPaths(rule, question, act) : ofWords(rule, question, act);
  if (parts === undefined) return { failed: otherSort(rule, question), distance: 100 };
  const failing = parts.filter((part) => !meets(part.alone, deny, question, act));
  const [first] = failing.length > 0 ? failing : parts.slice(-1);
  const { part, ruled, asked } = first as Part;
  return { failed: { part, entry: undefined, ruled: ruled ?? [], asked }, distance: failing.length };
}

/** Whether one entry, indexed alone, meets an act. */
function meets(rule: Rule, deny: boolean, question: Question, act: Act): boolean {
  const alone = new RuleSet(deny ? 'Deny' : 'Allow');
  runSteps(alone.add(0, rule));
  const found = new FoundRules(OPEN_GATE);
  alone.find(question, act, found);
  return found.first === 0;
}

interface Part {
  readonly part: RulePart;
  readonly ruled: readonly string[] | undefined;
  readonly asked: string;
  /** The entry with this part as ruled, and all others as the request has them. */
  readonly alone: Rule;
}

function ofWords(rule: Rule, { request, combined }: Question, { verb }: Act): Part[] | undefined {
  const { verbs, apiGroups, resources, resourceNames, namespaces, nonResourceURLs } = rule;
  if (!request.isResource) {
    if (!nonResourceURLs?.length) return undefined;
    return [
      { part: 'verb', ruled: verbs, asked: verb, alone: { verbs, nonResourceURLs: ['*'] } },
      { part: 'path', ruled: nonResourceURLs, asked: request.path, alone: { verbs: ['*'], nonResourceURLs } },
    ];
  }
  if (!resources?.length) return undefined;
  const exact: Rule = { verbs: [verb], apiGroups: [request.group], resources: [combined] };
  return [
    { part: 'verb', ruled: verbs, asked: verb, alone: { ...exact, verbs } },
    { part: 'group', ruled: apiGroups, asked: request.group, alone: { ...exact, apiGroups } },
    { part: 'resource', ruled: resources, asked: combined, alone: { ...exact, resources } },
    { part: 'namespace', ruled: namespaces, asked: request.namespace, alone: { ...exact, namespaces } },
    { part: 'name', ruled: resourceNames, asked: request.name, alone: { ...exact, resourceNames } },
  ];
}

function ofPaths({ methods, paths = [], pathRegexes = [] }: Rule, { request }: Question, { method }: Act): Part[] {
  return [
    {
      part: 'path',
      ruled: [...paths, ...pathRegexes],
      asked: request.rawPath,
      alone: { methods: ['*'], paths, pathRegexes },
    },
    { part: 'method', ruled: methods, asked: method, alone: { methods, paths, pathRegexes } },
  ];
}

/** An entry of URLs beside a request for a resource, or the other way round. */
function otherSort({ resources, nonResourceURLs }: Rule, { request, combined }: Question): FailedPart {
  return request.isResource
    ? { part: 'resource', entry: undefined, ruled: nonResourceURLs ?? [], asked: combined }
    : { part: 'path', entry: undefined, ruled: resources ?? [], asked: request.path };
}
