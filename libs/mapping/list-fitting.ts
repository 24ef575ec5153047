import type { CompiledExpression } from '#cel';
import type { Identity } from '#model';
import type { FailedExpression } from './found.ts';
import type { MappingInput, Subject } from './mapping-input.ts';

/** What of a person a mapping's subject names; the earlier wins. */
const NEARNESS = ['user', 'group', 'expression', 'issuer'] as const;

/** A mapping that fits a person and a cluster, and by what. */
export interface FittingMapping {
  readonly name: string;
  readonly by: (typeof NEARNESS)[number];
}

export interface FittingMappings {
  /** In the order in which one of them is used: the first is the one that speaks for the person. */
  readonly fitting: readonly FittingMapping[];
  /** Those that do not fit since an expression cannot be judged. */
  readonly failed: readonly FailedExpression[];
}

/** Looks at each mapping, a step each; for explanations, not for requests. */
export function* listFittingInSteps(
  sorted: readonly MappingInput[],
  identity: Identity,
  cluster: string,
  conditionOf: (subject: Subject) => CompiledExpression | undefined,
): Generator<void, FittingMappings> {
  const fitting: FittingMapping[] = [];
  const failed: FailedExpression[] = [];
  for (const { name, subjects, clusters } of sorted) {
    yield;
    if (!clusters.includes(cluster) && !clusters.includes('*')) continue;
    const fits = new Set<FittingMapping['by']>();
    let problem: string | undefined;
    for (const subject of subjects) {
      if (!isNamed(subject, identity)) continue;
      const held = conditionOf(subject)?.evaluate(identity.claims) ?? { ok: true, value: true };
      if (!held.ok) problem ??= held.problem;
      else if (held.value === true) fits.add(nearnessOf(subject));
    }
    const by = NEARNESS.find((nearness) => fits.has(nearness));
    if (by !== undefined) fitting.push({ name, by });
    else if (problem !== undefined) failed.push({ mapping: name, problem });
  }
  return { fitting: NEARNESS.flatMap((nearness) => fitting.filter(({ by }) => by === nearness)), failed };
}

const isNamed = ({ issuer, user, group }: Subject, identity: Identity): boolean =>
  issuer === identity.issuer &&
  (user === undefined || user === identity.username) &&
  (group === undefined || identity.groups.includes(group));

const nearnessOf = ({ user, group, expression }: Subject): FittingMapping['by'] =>
  user !== undefined ? 'user' : group !== undefined ? 'group' : expression !== undefined ? 'expression' : 'issuer';
