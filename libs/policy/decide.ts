import type { Decision, Identity, RequestInfo } from '#model';
import type { AccessRuleInput } from './access-rule.ts';
import { rulesFor, type CompiledPolicy, type SubjectRules } from './compile-policy.ts';
import type { DecisionContext } from './decision-context.ts';
import { describeRequest } from './describe-request.ts';
import { FoundRules } from './found-rules.ts';
import { neededActs, type Act } from './needed-acts.ts';
import { readQuestion, type Question } from './question.ts';

/**
 * Judges a person's request on a cluster: default deny, and a Deny wins over every Allow. Every act that the request
 * amounts to must be allowed. Pure, and the same question always names the same rule: the first one by name; where
 * two acts are needed, the one that gave the stronger (`create`).
 *
 * Rules in mode Report change nothing; those that would have decided are listed in `reported`: a Deny that matches,
 * and an Allow that together with the enforced rules would have given all acts.
 */
export function decide(
  policy: CompiledPolicy,
  identity: Identity,
  cluster: string,
  request: RequestInfo,
  context: DecisionContext,
): Decision {
  const subjects = rulesFor(policy, identity, cluster);
  const question = readQuestion(request, context.upgrade);
  const acts = neededActs(request, context.upgrade);
  const deny = new FoundRules();
  let allowedBy = -1;
  let missing: Act | undefined;
  for (const act of acts) {
    const allow = new FoundRules();
    for (const rules of subjects) {
      rules.deny?.findDeny(question, act, deny);
      rules.allow?.findAllow(question, act, allow);
    }
    if (allow.first === Infinity) missing ??= act;
    else allowedBy = allow.first;
  }
  const reported = listReported(policy, subjects, question, acts);
  if (deny.first !== Infinity) {
    const rule = nameOf(policy, deny.first);
    const reason = `${describeRequest(identity, cluster, request, request.verb)}: access rule ${JSON.stringify(rule)} denies it; ask an admin of this gateway`;
    return mint({ allowed: false, cluster, request, rule, reason, reported });
  }
  if (missing !== undefined || allowedBy < 0) {
    const what = describeRequest(identity, cluster, request, missing?.verb ?? request.verb);
    const reason = `${what}: no access rule allows it; ask an admin of this gateway for an AccessRule`;
    return mint({ allowed: false, cluster, request, rule: undefined, reason, reported });
  }
  const rule = nameOf(policy, allowedBy);
  return mint({
    allowed: true,
    cluster,
    request,
    rule,
    reason: `access rule ${JSON.stringify(rule)} allows it`,
    reported,
  });
}

const nameOf = (policy: CompiledPolicy, rank: number): string => (policy.rules[rank] as AccessRuleInput).name;

type Plain<D> = D extends Decision ? { [K in keyof D as K extends symbol ? never : K]: D[K] } : never;

/** The one place where a Decision is made; the brand exists for the compiler only. */
function mint(decision: Plain<Decision>): Decision {
  return decision as Decision;
}

const NOTHING: Decision['reported'] = [];

function listReported(
  policy: CompiledPolicy,
  subjects: readonly SubjectRules[],
  question: Question,
  acts: readonly Act[],
): Decision['reported'] {
  if (!subjects.some((rules) => rules.reportAllow !== undefined || rules.reportDeny !== undefined)) return NOTHING;
  const denies = new FoundRules(true);
  const candidates = new Set<number>();
  const withoutEnforced: ReadonlySet<number>[] = [];
  for (const act of acts) {
    const enforced = new FoundRules();
    const given = new FoundRules(true);
    for (const rules of subjects) {
      rules.reportDeny?.findDeny(question, act, denies);
      rules.reportAllow?.findAllow(question, act, given);
      rules.allow?.findAllow(question, act, enforced);
    }
    for (const rank of given.all ?? []) candidates.add(rank);
    if (enforced.first === Infinity) withoutEnforced.push(given.all ?? new Set());
  }
  const allows = [...candidates].filter((rank) => withoutEnforced.every((given) => given.has(rank)));
  const list = (ranks: Iterable<number>, effect: 'Allow' | 'Deny'): Decision['reported'] =>
    [...ranks].sort((a, b) => a - b).map((rank) => ({ rule: nameOf(policy, rank), effect }));
  return [...list(denies.all ?? [], 'Deny'), ...list(allows, 'Allow')];
}
