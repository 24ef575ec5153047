import type { Decision, Identity, RequestInfo } from '#model';
import type { AccessRuleInput, Conditions } from './access-rule.ts';
import type { CompiledPolicy } from './compile-policy.ts';
import { gateFor } from './condition-gate.ts';
import { isOfAuthentication } from './conditions.ts';
import type { DecisionContext } from './decision-context.ts';
import { describeAdmins, describeLapsed, toStepUp } from './describe-denial.ts';
import { describeRequest } from './describe-request.ts';
import { findNarrowed } from './find-narrowed.ts';
import { FoundRules } from './found-rules.ts';
import { listReported } from './list-reported.ts';
import { neededActs, type Act } from './needed-acts.ts';
import { readQuestion } from './question.ts';
import { rulesFor } from './subject-rules.ts';

/**
 * Judges a person's request on a cluster: default deny, and a Deny wins over every Allow. Every act that the request
 * amounts to must be allowed. Pure, and the same question always names the same rule: the first one by name, one for
 * learning last; where two acts are needed, the one that gave the stronger (`create`).
 *
 * Rules in mode Report change nothing; those that would have decided are listed in `reported`: a Deny that matches,
 * and an Allow that together with the enforced rules would have given all acts. Where nothing but the age or the kind
 * of the authentication stands in the way, `stepUp` says what to ask the identity provider for. An access token's
 * narrowing is judged beside the rules, and can only take away.
 */
export function decide(
  policy: CompiledPolicy,
  identity: Identity,
  cluster: string,
  request: RequestInfo,
  context: DecisionContext,
): Decision {
  const subjects = rulesFor(policy.clusters, identity, cluster);
  const question = readQuestion(request, context.upgrade);
  const acts = neededActs(request, context.upgrade);
  const gate = gateFor(policy, identity, context);
  const deny = new FoundRules(gate);
  let allowedBy = -1;
  const missing: { readonly act: Act; readonly found: FoundRules }[] = [];
  for (const act of acts) {
    const found = new FoundRules(gate);
    for (const rules of subjects) {
      rules.deny?.find(question, act, deny);
      rules.allow?.find(question, act, found);
    }
    if (found.first === Infinity) missing.push({ act, found });
    else if (allowedBy < 0 || !ruleAt(policy, allowedBy).learning) allowedBy = found.first;
  }
  const reported = listReported(policy, subjects, question, acts, gate);
  const base = { cluster, request, reported };
  if (deny.first !== Infinity) {
    const { name, version } = ruleAt(policy, deny.first);
    const reason = `${describeRequest(identity, cluster, request, request.verb)}: access rule ${JSON.stringify(name)} denies it; ${describeAdmins(policy)} to change it`;
    return mint({ ...base, allowed: false, rule: name, ruleVersion: version, reason, stepUp: undefined });
  }
  const narrowed = identity.narrowing && findNarrowed(identity.narrowing, cluster, request, acts);
  if (narrowed !== undefined) {
    const reason = `${describeRequest(identity, cluster, request, request.verb)}: ${narrowed}; use another credential`;
    return mint({ ...base, allowed: false, rule: undefined, ruleVersion: undefined, reason, stepUp: undefined });
  }
  const [lacking] = missing;
  if (lacking !== undefined || allowedBy < 0) {
    const what = describeRequest(identity, cluster, request, lacking?.act.verb ?? request.verb);
    const [lapsed] = [...(lacking?.found.lapsed ?? [])].sort(byNearness);
    const nearly = lapsed ? describeLapsed(policy, ...lapsed, identity, context) : '';
    // Nobody logs in with an access token.
    const stepUp = identity.credential.kind === 'token' ? undefined : findStepUp(policy, missing);
    const reason = stepUp
      ? `${what}: ${nearly}`
      : `${what}: no access rule allows it${nearly && ` (${nearly})`}; ${describeAdmins(policy)} for an AccessRule`;
    return mint({ ...base, allowed: false, rule: undefined, ruleVersion: undefined, reason, stepUp });
  }
  const { name, version, learning = false } = ruleAt(policy, allowedBy);
  const reason = `access rule ${JSON.stringify(name)} allows it`;
  return mint({ ...base, allowed: true, rule: name, ruleVersion: version, reason, learning });
}

const ruleAt = (policy: CompiledPolicy, rank: number): AccessRuleInput => policy.rules[rank] as AccessRuleInput;

type Lapsed = [rank: number, failed: keyof Conditions];

/** A rule that a new login would bring back first, then by name. */
const byNearness = ([a, failedA]: Lapsed, [b, failedB]: Lapsed): number =>
  Number(isOfAuthentication(failedB)) - Number(isOfAuthentication(failedA)) || a - b;

/** Only where each missing act has a rule that a new login would bring back. */
function findStepUp(
  policy: CompiledPolicy,
  missing: readonly { readonly found: FoundRules }[],
): ReturnType<typeof toStepUp> | undefined {
  const ranks: number[] = [];
  for (const { found } of missing) {
    const [nearest] = [...(found.lapsed ?? [])].sort(byNearness);
    if (nearest === undefined || !isOfAuthentication(nearest[1])) return undefined;
    ranks.push(nearest[0]);
  }
  return ranks.length > 0 ? toStepUp(policy, ranks) : undefined;
}

type Plain<D> = D extends Decision ? { [K in keyof D as K extends symbol ? never : K]: D[K] } : never;

/** The one place where a Decision is made; the brand exists for the compiler only. */
function mint(decision: Plain<Decision>): Decision {
  return decision as Decision;
}
