import type { Decision } from '#model';
import { compilePolicyInSteps, decide, runSteps, type AccessRuleInput, type CompiledPolicy } from '#policy';
import { supposeIdentity } from '../suppose-identity.ts';
import type { GatheredRequest } from './gather-requests.ts';

/** Rules made ready to judge recorded requests. */
export interface ReplayPolicy {
  readonly policy: CompiledPolicy;
  /** Rules whose wish for a fresh or a strong login was taken as granted: the log does not say how people logged in. */
  readonly loginAssumed: readonly string[];
}

/** @throws GatehouseError `invalid` where the rules do not compile. */
export const compileForReplay = (rules: readonly AccessRuleInput[]): ReplayPolicy =>
  runSteps(compileForReplayInSteps(rules));

/** The same in steps, for a caller that lets others run in between. */
export function* compileForReplayInSteps(rules: readonly AccessRuleInput[]): Generator<void, ReplayPolicy> {
  const loginAssumed: string[] = [];
  const eased = rules.map((rule) => {
    const { maxAuthenticationAgeSeconds, acrValues, ...conditions } = rule.conditions ?? {};
    if (maxAuthenticationAgeSeconds === undefined && acrValues === undefined) return rule;
    loginAssumed.push(rule.name);
    return { ...rule, conditions };
  });
  return { policy: yield* compilePolicyInSteps(eased), loginAssumed };
}

/** What these rules say of a recorded request, at a time of one's choice (Unix milliseconds). */
export function judgeAgain({ policy }: ReplayPolicy, asked: GatheredRequest, nowMs: number): Decision {
  const { person, cluster, request, upgrade, sourceAddress } = asked;
  return decide(policy, supposeIdentity(person), cluster, request, { upgrade, sourceAddress, nowMs });
}
