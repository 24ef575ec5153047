import type { Decision } from '#model';
import type { AccessRuleInput } from './access-rule.ts';
import type { CompiledPolicy } from './compile-policy.ts';
import { FoundRules, type ConditionGate } from './found-rules.ts';
import type { Act } from './needed-acts.ts';
import type { Question } from './question.ts';
import type { SubjectRules } from './subject-rules.ts';

const NOTHING: Decision['reported'] = [];

/** The rules in mode Report that would have decided, Denies first, each sorted. */
export function listReported(
  policy: CompiledPolicy,
  subjects: readonly SubjectRules[],
  question: Question,
  acts: readonly Act[],
  gate: ConditionGate,
): Decision['reported'] {
  if (!subjects.some((rules) => rules.reportAllow !== undefined || rules.reportDeny !== undefined)) return NOTHING;
  const denies = new FoundRules(gate, true);
  const candidates = new Set<number>();
  const withoutEnforced: ReadonlySet<number>[] = [];
  for (const act of acts) {
    const enforced = new FoundRules(gate);
    const given = new FoundRules(gate, true);
    for (const rules of subjects) {
      rules.reportDeny?.find(question, act, denies);
      rules.reportAllow?.find(question, act, given);
      rules.allow?.find(question, act, enforced);
    }
    for (const rank of given.all ?? []) candidates.add(rank);
    if (enforced.first === Infinity) withoutEnforced.push(given.all ?? new Set());
  }
  const allows = [...candidates].filter((rank) => withoutEnforced.every((given) => given.has(rank)));
  const list = (ranks: Iterable<number>, effect: 'Allow' | 'Deny'): Decision['reported'] =>
    [...ranks].sort((a, b) => a - b).map((rank) => ({ rule: (policy.rules[rank] as AccessRuleInput).name, effect }));
  return [...list(denies.all ?? [], 'Deny'), ...list(allows, 'Allow')];
}
