import { compileCondition, type CompiledExpression } from '#cel';
import type { Identity } from '#model';
import { chooseInSteps, type Chosen, type Level } from './choose-in-steps.ts';
import type { Found } from './found.ts';
import { listFittingInSteps, type FittingMappings } from './list-fitting.ts';
import type { MappingInput, Subject } from './mapping-input.ts';
import { createFoundMemory } from './remember-found.ts';
import { addSubject, candidatesOf, getOrAdd, newIssuer, rankOf, type IssuerMappings } from './subject-index.ts';

/** Runs steps to their end, and lets others run in between where that takes long. */
export type RunSteps = <T>(steps: Generator<void, T>) => T | Promise<T>;

/** Mappings by cluster and subject; immutable. */
export interface CompiledMappings {
  /** Who speaks for this person on this cluster. A promise only where many expressions have to be asked first. */
  find(identity: Identity, cluster: string): Found | Promise<Found>;
  /** All that fit, the one that `find` gives first; takes the longer the more mappings there are. */
  list(identity: Identity, cluster: string): FittingMappings | Promise<FittingMappings>;
}

const GATEWAY_CLUSTER = 'gatehouse';
const NOTHING: Found = Object.freeze({ mapping: undefined, failed: Object.freeze([]), failures: 0 });

/**
 * Indexes mappings so that finding one costs a few look-ups however many there are.
 *
 * One documented order where several match: a mapping whose subject names the user (whatever else it asks for) wins over
 * one that names a group, that over one that has an expression alone, that over one for everybody of the issuer; among
 * equals the name that sorts first, by code unit. Whether the cluster was named or met by `*` makes no difference. No
 * mapping is ever found for `gatehouse`.
 *
 * Expressions are asked last and only where they could decide: in that order, up to the first that holds, and once for
 * the same claims and cluster.
 * @throws Error that names mapping, field and fault of an expression that does not compile.
 */
export function compileMappings(mappings: readonly MappingInput[]): CompiledMappings {
  return runToEnd(compileMappingsInSteps(mappings));
}

function runToEnd<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same in steps of some microseconds, for a caller that lets others run in between.
 * @param run for the expressions of one person, of which there may be many; at once where it is absent.
 */
export function* compileMappingsInSteps(
  mappings: readonly MappingInput[],
  run: RunSteps = runToEnd,
): Generator<void, CompiledMappings> {
  const sorted = yield* sortByName(mappings);
  const conditions = new Map<Subject, CompiledExpression>();
  const clusters = new Map<string, Map<string, IssuerMappings>>();
  for (const [rank, mapping] of sorted.entries()) {
    for (const [at, subject] of mapping.subjects.entries()) {
      yield;
      const condition = conditionOf(mapping.name, at, subject);
      if (condition !== undefined) conditions.set(subject, condition);
      for (const cluster of mapping.clusters) {
        if (cluster === GATEWAY_CLUSTER) continue;
        const issuers = getOrAdd(clusters, cluster, () => new Map<string, IssuerMappings>());
        addSubject(getOrAdd(issuers, subject.issuer, newIssuer), subject, rank, condition);
      }
    }
  }
  const foundOf = ({ rank, failed, failures }: Chosen): Found => ({
    mapping: sorted[rank],
    failed: failed.map(({ of, problem }) => ({ mapping: (sorted[of] as MappingInput).name, problem })),
    failures,
  });
  const remember = createFoundMemory();
  function* askInSteps(levels: readonly Level[], identity: Identity): Generator<void, Found> {
    return foundOf(yield* chooseInSteps(levels, identity.claims));
  }
  return {
    find(identity, cluster) {
      if (cluster === GATEWAY_CLUSTER) return NOTHING;
      const places = [clusters.get(cluster)?.get(identity.issuer), clusters.get('*')?.get(identity.issuer)];
      const plain = rankOf(places, identity);
      const candidates = candidatesOf(places, identity);
      if (candidates === undefined) {
        const rank = plain.user !== Infinity ? plain.user : plain.group !== Infinity ? plain.group : plain.everybody;
        return rank === Infinity ? NOTHING : foundOf({ rank, failed: [], failures: 0 });
      }
      const levels: Level[] = [
        { always: plain.user, when: candidates.user },
        { always: plain.group, when: candidates.group },
        { always: Infinity, when: candidates.expression },
        { always: plain.everybody, when: [] },
      ];
      return remember(identity, cluster, () => run(askInSteps(levels, identity)));
    },
    list: (identity, cluster) =>
      cluster === GATEWAY_CLUSTER
        ? { fitting: [], failed: [] }
        : run(listFittingInSteps(sorted, identity, cluster, (subject) => conditions.get(subject))),
  };
}

function conditionOf(mapping: string, at: number, { expression }: Subject): CompiledExpression | undefined {
  if (expression === undefined) return undefined;
  const compiled = compileCondition(expression);
  if (!compiled.ok) throw new Error(`mapping "${mapping}": subjects[${at}].expression: ${compiled.problem}`);
  return compiled.expression;
}

const RUN_LENGTH = 2000;

/** Sorts by code unit: short runs at once, then merged; to sort a hundred thousand at once holds everybody up. */
function* sortByName(mappings: readonly MappingInput[]): Generator<void, readonly MappingInput[]> {
  let runs: MappingInput[][] = [];
  for (let start = 0; start < mappings.length; start += RUN_LENGTH) {
    yield;
    runs.push(
      mappings.slice(start, start + RUN_LENGTH).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    );
  }
  while (runs.length > 1) {
    const merged: MappingInput[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(left: readonly MappingInput[], right: readonly MappingInput[]): Generator<void, MappingInput[]> {
  const merged: MappingInput[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l], right[r]];
    if (a !== undefined && (b === undefined || a.name <= b.name)) {
      merged.push(a);
      l++;
    } else {
      merged.push(b as MappingInput);
      r++;
    }
    yield;
  }
  return merged;
}
