import type { Decision, Identity, RequestInfo } from '#model';
import type { AccessRuleInput, Conditions } from './access-rule.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { findFailedCondition } from './conditions.ts';
import { decide } from './decide.ts';
import type { DecisionContext } from './decision-context.ts';
import { findFailedPart, type FailedPart } from './find-failed-part.ts';
import { neededActs, type Act } from './needed-acts.ts';
import { readQuestion, type Question } from './question.ts';
import { rulesFor } from './subject-rules.ts';

/** How one rule stands to one act of the request. */
export interface ExplainedAct extends Act {
  /** Index in `spec.rules` of the entry that meets the act, or undefined. */
  readonly entry: number | undefined;
  /** Where no entry does: the part that fails first, of the entry that comes nearest. */
  readonly failed: FailedPart | undefined;
}

/** One access rule beside one request. */
export interface ConsideredRule {
  readonly rule: string;
  readonly effect: 'Allow' | 'Deny';
  readonly mode: 'Enforce' | 'Report';
  /** `metadata.resourceVersion`, where known. */
  readonly version: string | undefined;
  readonly learning: boolean;
  /** It meets at least one act: a Deny then denies, an Allow gives that act. */
  readonly matched: boolean;
  /** It is the rule that the Decision names. */
  readonly decides: boolean;
  /** Where it does not match: why. */
  readonly failed: FailedPart | undefined;
  /** Every act that the request needs, `create` beside `get` for an exec over WebSocket. */
  readonly acts: readonly ExplainedAct[];
}

/** A Decision with every rule that was considered: by name, those for learning last. */
export interface ExplainedDecision {
  readonly decision: Decision;
  readonly considered: readonly ConsideredRule[];
}

/**
 * Says for each rule whether it meets the request, and which part fails first where it does not. The decision is
 * `decide`'s own, and rules are matched by the very indexes that it looks into, each made of one rule alone.
 */
export function explainDecision(
  policy: CompiledPolicy,
  identity: Identity,
  cluster: string,
  request: RequestInfo,
  context: DecisionContext,
): ExplainedDecision {
  const decision = decide(policy, identity, cluster, request, context);
  const question = readQuestion(request, context.upgrade);
  const acts = neededActs(request, context.upgrade);
  const considered = policy.rules.map((rule, rank): ConsideredRule => {
    const outside = failedOutside(rule, identity, cluster);
    const conditions = policy.conditions[rank];
    const lapsed = conditions && findFailedCondition(conditions, identity, context);
    const inside = (act: Act): Outcome => {
      const found = failedInside(rule, question, act);
      return found.failed === undefined && lapsed !== undefined
        ? failedCondition(rule, lapsed, identity, context)
        : found;
    };
    const explained = acts.map((act) => ({ ...act, ...(outside ?? inside(act)) }));
    const matched = explained.some(({ entry }) => entry !== undefined);
    return {
      rule: rule.name,
      effect: rule.effect ?? 'Allow',
      mode: rule.mode ?? 'Enforce',
      version: rule.version,
      learning: rule.learning ?? false,
      matched,
      decides: decision.rule === rule.name,
      failed: matched ? undefined : explained[0]?.failed,
      acts: explained,
    };
  });
  return { decision, considered };
}

type Outcome = Pick<ExplainedAct, 'entry' | 'failed'>;

/** What fails before a word of `rules` is looked at. */
function failedOutside(rule: AccessRuleInput, identity: Identity, cluster: string): Outcome | undefined {
  const appliesTo = (part: Partial<AccessRuleInput>): boolean =>
    rulesFor(compilePolicy([{ ...rule, rules: [], ...part }]).clusters, identity, cluster).some(
      (rules) => Object.keys(rules).length > 0,
    );
  if (!appliesTo({ clusters: [cluster] })) {
    const ruled = rule.subjects.map(({ issuer, user, group }) =>
      [
        `issuer ${issuer}`,
        ...(user === undefined ? [] : [`user ${user}`]),
        ...(group === undefined ? [] : [`group ${group}`]),
      ].join(', '),
    );
    return fail('subject', ruled, `issuer ${identity.issuer}, user ${identity.username}`);
  }
  return appliesTo({}) ? undefined : fail('cluster', rule.clusters, cluster);
}

const fail = (part: FailedPart['part'], ruled: readonly string[], asked: string): Outcome => ({
  entry: undefined,
  failed: { part, entry: undefined, ruled, asked },
});

function failedInside(rule: AccessRuleInput, question: Question, act: Act): Outcome {
  let nearest: { readonly failed: FailedPart; readonly distance: number } | undefined;
  for (const [entry, words] of rule.rules.entries()) {
    const found = findFailedPart(words, rule.effect === 'Deny', question, act);
    if (found === undefined) return { entry, failed: undefined };
    if (nearest === undefined || found.distance < nearest.distance)
      nearest = { failed: { ...found.failed, entry }, distance: found.distance };
  }
  return { entry: undefined, failed: nearest?.failed };
}

function failedCondition(
  { conditions = {} }: AccessRuleInput,
  failed: keyof Conditions,
  { authenticatedAtSeconds, acr }: Identity,
  { sourceAddress, nowMs }: DecisionContext,
): Outcome {
  const now = new Date(nowMs).toISOString();
  const asked: Record<keyof Conditions, string> = {
    notBefore: now,
    notAfter: now,
    sourceAddresses: sourceAddress,
    maxAuthenticationAgeSeconds:
      authenticatedAtSeconds === undefined ? 'no auth_time' : `${Math.round(nowMs / 1000 - authenticatedAtSeconds)}`,
    acrValues: acr ?? 'no acr',
  };
  return fail('condition', [`${failed}: ${String(conditions[failed])}`], asked[failed]);
}
