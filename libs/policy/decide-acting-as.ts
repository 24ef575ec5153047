import type { Identity, RequestInfo } from '#model';
import type { CompiledPolicy } from './compile-policy.ts';
import { gateFor } from './condition-gate.ts';
import type { DecisionContext } from './decision-context.ts';
import { describeAdmins } from './describe-denial.ts';
import { findNarrowed } from './find-narrowed.ts';
import { FoundRules } from './found-rules.ts';
import type { Act } from './needed-acts.ts';
import { readQuestion } from './question.ts';
import { rulesFor } from './subject-rules.ts';

export type ActingDecision =
  | { readonly allowed: true; /** Names of the rules that gave it, once each. */ readonly rules: readonly string[] }
  | { readonly allowed: false; readonly rule: string | undefined; readonly reason: string };

const IMPERSONATE: Act = { verb: 'impersonate', method: '' };

/**
 * Whether a person may act as somebody else: each of the names asked for must be given by a rule with the verb
 * `impersonate`, and denied by none (a Deny's wildcards count).
 * @param asked one `impersonate` request a name, as `impersonationRequests` of `#kube` makes them.
 */
export function decideActingAs(
  policy: CompiledPolicy,
  identity: Identity,
  cluster: string,
  asked: readonly RequestInfo[],
  context: DecisionContext,
): ActingDecision {
  const subjects = rulesFor(policy.clusters, identity, cluster);
  const gate = gateFor(policy, identity, context);
  const given = new Set<string>();
  for (const request of asked) {
    const deny = new FoundRules(gate);
    const allow = new FoundRules(gate);
    const question = readQuestion(request, false);
    for (const rules of subjects) {
      rules.deny?.find(question, IMPERSONATE, deny);
      rules.allow?.findImpersonation(request, allow);
    }
    const what = `User ${JSON.stringify(identity.username)} (issuer ${identity.issuer}) cannot impersonate ${describe(request)} on cluster ${JSON.stringify(cluster)}`;
    const denied = policy.rules[deny.first];
    if (denied)
      return {
        allowed: false,
        rule: denied.name,
        reason: `${what}: access rule ${JSON.stringify(denied.name)} denies it; ${describeAdmins(policy)} to change it`,
      };
    const narrowed = identity.narrowing && findNarrowed(identity.narrowing, cluster, request, [IMPERSONATE]);
    if (narrowed !== undefined)
      return { allowed: false, rule: undefined, reason: `${what}: ${narrowed}; use another credential` };
    const rule = policy.rules[allow.first];
    if (!rule)
      return {
        allowed: false,
        rule: undefined,
        reason: `${what}: no access rule allows it; ${describeAdmins(policy)} for an AccessRule with the verb impersonate`,
      };
    given.add(rule.name);
  }
  return { allowed: true, rules: [...given] };
}

function describe({ resource, subresource, namespace, name }: RequestInfo): string {
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  return `${what} ${JSON.stringify(name)}${namespace === '' ? '' : ` in the namespace ${JSON.stringify(namespace)}`}`;
}
