import type { RequestInfo } from '#model';
import type { Rule } from './access-rule.ts';
import { FoundRules, OPEN_GATE } from './found-rules.ts';
import { neededActs, type Act } from './needed-acts.ts';
import { readQuestion } from './question.ts';
import { RuleSet } from './rule-set.ts';
import { runSteps } from './run-steps.ts';

/** Requests, described in the words of access rules. */
export interface RequestSet {
  /** @param upgrade the client asks for an upgrade. */
  has(request: RequestInfo, upgrade: boolean): boolean;
}

export interface RequestSetInput {
  readonly rules: readonly Rule[];
  /** Wins over `rules`. */
  readonly except: readonly Rule[];
}

const CREATE: Act = { verb: 'create', method: 'POST' };
const MAX_REMEMBERED = 2_000;

/**
 * Compiles a set of requests. `rules` match as those of a Deny do, so that nothing stays out because of its spelling or
 * an unknown name, and `*` holds proxies; `except` matches as an Allow does. exec, attach, port-forward, every upgrade
 * and the verb `proxy` count as `create` as well, whatever their method is. Where no rule looks at names, namespaces or
 * single paths, what was found is remembered by verb and resource, so that a request costs one look-up.
 * @throws GatehouseError `invalid` where a path pattern is malformed.
 */
export function compileRequestSet({ rules, except }: RequestSetInput): RequestSet {
  const included = new RuleSet('Deny');
  const excluded = new RuleSet('Allow');
  for (const rule of rules) runSteps(included.add(0, rule));
  for (const rule of except) runSteps(excluded.add(0, rule));

  function judge(request: RequestInfo, upgrade: boolean): boolean {
    const question = readQuestion(request, upgrade);
    const acts = actsOf(request, upgrade);
    const finds = (set: RuleSet, act: Act): boolean => {
      const found = new FoundRules(OPEN_GATE);
      set.find(question, act, found);
      return found.first !== Infinity;
    };
    return acts.some((act) => finds(included, act)) && !acts.every((act) => finds(excluded, act));
  }

  if (![...rules, ...except].every(looksAtWordsOnly)) return { has: judge };
  const remembered = new Map<string, boolean>();
  return {
    has(request, upgrade) {
      const { method, verb, group, resource, subresource } = request;
      // No accepted path holds a NUL.
      const key = `${verb}\0${resource}\0${subresource}\0${group}\0${method}${upgrade ? '\0' : ''}`;
      const known = remembered.get(key);
      if (known !== undefined) return known;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      const has = judge(request, upgrade);
      remembered.set(key, has);
      return has;
    },
  };
}

function actsOf(request: RequestInfo, upgrade: boolean): readonly Act[] {
  const acts = neededActs(request, upgrade);
  return (upgrade || request.verb === 'proxy') && !acts.some((act) => act.verb === 'create') ? [...acts, CREATE] : acts;
}

function looksAtWordsOnly(rule: Rule): boolean {
  return (
    rule.resourceNames === undefined &&
    rule.namespaces === undefined &&
    rule.pathRegexes === undefined &&
    (rule.nonResourceURLs ?? []).every((url) => url === '*') &&
    (rule.paths ?? []).every((path) => path === '/**')
  );
}

/**
 * The first rule of a base set that another set does not hold whole, or the exception that only the other set makes.
 * Judged rule by rule: a rule that two others hold together counts as not held.
 */
export function findMissingRule(base: RequestSetInput, other: RequestSetInput): Rule | undefined {
  return (
    base.rules.find((rule) => !other.rules.some((wide) => holds(wide, rule))) ??
    other.except.find((rule) => !base.except.some((wide) => holds(wide, rule)))
  );
}

const WORDS = ['verbs', 'apiGroups', 'resources', 'nonResourceURLs', 'methods', 'paths'] as const;
const EVERY: readonly string[] = ['*', '/**'];

/** Whether one rule alone matches whatever another does. */
function holds(wide: Rule, rule: Rule): boolean {
  const all = (some: readonly string[] | undefined, needed: readonly string[] | undefined): boolean =>
    (needed ?? []).every((word) => some?.includes(word) || EVERY.some((every) => some?.includes(every)));
  const isOfOneKind = WORDS.every((key) => (wide[key] === undefined) === (rule[key] === undefined));
  const limits = (['resourceNames', 'namespaces', 'pathRegexes'] as const).every(
    (key) =>
      wide[key] === undefined || (rule[key] !== undefined && rule[key].every((word) => wide[key]?.includes(word))),
  );
  return isOfOneKind && limits && WORDS.every((key) => all(wide[key], rule[key]));
}
