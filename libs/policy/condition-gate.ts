import type { Identity } from '#model';
import type { CompiledPolicy } from './compile-policy.ts';
import { findFailedCondition } from './conditions.ts';
import type { DecisionContext } from './decision-context.ts';
import { OPEN_GATE, type ConditionGate } from './found-rules.ts';

/** Which rules count for this person and this request. */
export function gateFor(policy: CompiledPolicy, identity: Identity, context: DecisionContext): ConditionGate {
  if (!policy.hasConditions) return OPEN_GATE;
  return {
    open: false,
    findFailed(rank) {
      const conditions = policy.conditions[rank];
      return conditions && findFailedCondition(conditions, identity, context);
    },
  };
}
