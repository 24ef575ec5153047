import type { Decision } from '#model';
import { runSteps, type AccessRuleInput } from '#policy';
import type { GatheredRequest } from './gather-requests.ts';
import { compileForReplayInSteps, judgeAgain } from './judge-again.ts';

/** A recorded request that the changed rules judge otherwise than today's. */
export interface ChangedVerdict {
  readonly asked: GatheredRequest;
  readonly before: Decision;
  readonly after: Decision;
}

export interface DryRun {
  readonly newlyDenied: readonly ChangedVerdict[];
  readonly newlyAllowed: readonly ChangedVerdict[];
  /** Requests that today's rules already judge otherwise than the log says: the rules were changed since. */
  readonly changedSince: number;
  /** Rules of either set whose wish for a fresh or strong login was taken as granted. */
  readonly loginAssumed: readonly string[];
}

/**
 * Which recorded requests a change of the rules would newly deny or allow. Both sets judge at the same moment, now, so
 * that only the change makes a difference, and no rule that has run out meanwhile.
 * @throws GatehouseError `invalid` where a set does not compile.
 */
export const dryRun = (requests: readonly GatheredRequest[], rules: RuleSets, nowMs: number): DryRun =>
  runSteps(dryRunInSteps(requests, rules, nowMs));

export interface RuleSets {
  readonly before: readonly AccessRuleInput[];
  readonly after: readonly AccessRuleInput[];
}

/** The same in steps, for a caller that lets others run in between. */
export function* dryRunInSteps(
  requests: readonly GatheredRequest[],
  rules: RuleSets,
  nowMs: number,
): Generator<void, DryRun> {
  const before = yield* compileForReplayInSteps(rules.before);
  const after = yield* compileForReplayInSteps(rules.after);
  const newlyDenied: ChangedVerdict[] = [];
  const newlyAllowed: ChangedVerdict[] = [];
  let changedSince = 0;
  for (const asked of requests) {
    yield;
    const was = judgeAgain(before, asked, nowMs);
    const becomes = judgeAgain(after, asked, nowMs);
    changedSince += was.allowed ? asked.count - asked.allowed : asked.allowed;
    if (was.allowed === becomes.allowed) continue;
    (becomes.allowed ? newlyAllowed : newlyDenied).push({ asked, before: was, after: becomes });
  }
  const byCount = (a: ChangedVerdict, b: ChangedVerdict): number => b.asked.count - a.asked.count;
  return {
    newlyDenied: newlyDenied.sort(byCount),
    newlyAllowed: newlyAllowed.sort(byCount),
    changedSince,
    loginAssumed: [...new Set([...before.loginAssumed, ...after.loginAssumed])].sort(),
  };
}
