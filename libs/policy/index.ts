/**
 * Stage 3: may this person do this, on this cluster? Default deny; a Deny wins over every Allow; a rule in mode Report
 * is recorded and changes nothing. Rules speak RBAC's own words with RBAC's own matching, so that whoever knows one
 * knows the other. Beside RBAC this room is never looser, and stricter only here: `proxy` is never given by a resource
 * wildcard; exec, attach and port-forward need `create` whatever the method; so do upgrades of other subresources.
 *
 * Rules are compiled once a snapshot into maps keyed by cluster, issuer and subject, then namespace, resource, group,
 * verb and name, so that a decision is a few look-ups and costs the same with ten rules and with ten thousand.
 */
export { compilePolicy, compilePolicyInSteps, type CompiledPolicy } from './compile-policy.ts';
export { GATEWAY_CLUSTER } from './subject-rules.ts';
export { decideActingAs, type ActingDecision } from './decide-acting-as.ts';
export { decide } from './decide.ts';
export type { AccessRuleInput, Conditions, Rule, Subject } from './access-rule.ts';
export type { DecisionContext } from './decision-context.ts';
export { explainDecision } from './explain-decision.ts';
export type { ConsideredRule, ExplainedAct, ExplainedDecision } from './explain-decision.ts';
export type { FailedPart, RulePart } from './find-failed-part.ts';
export { neededActs, type Act } from './needed-acts.ts';
export { compileRequestSet, findMissingRule, type RequestSet, type RequestSetInput } from './request-set.ts';
export { runSteps } from './run-steps.ts';
