import type { Conditions } from './access-rule.ts';

/** Says which condition of a rule does not hold for the request at hand, if one does not. */
export interface ConditionGate {
  /** Whether any rule has conditions; where none has, none are asked about. */
  readonly open: boolean;
  findFailed(rank: number): keyof Conditions | undefined;
}

export const OPEN_GATE: ConditionGate = { open: true, findFailed: () => undefined };

/**
 * Collects the rules that a look-up meets and whose conditions hold. A rule is its rank: its place when all are sorted,
 * so that of several that decide alike always the same one is named.
 */
export class FoundRules {
  /** Rank of the first one, or Infinity. */
  first = Infinity;
  /** All of them, where that is asked for (rules in mode Report). */
  readonly all: Set<number> | undefined;
  /** Those that only a condition keeps from counting, as far as they were looked at. */
  lapsed: Map<number, keyof Conditions> | undefined;
  readonly #gate: ConditionGate;

  constructor(gate: ConditionGate, collectAll = false) {
    this.#gate = gate;
    this.all = collectAll ? new Set() : undefined;
  }

  /** @param ranks ascending. */
  add(ranks: readonly number[] | undefined): void {
    if (ranks === undefined) return;
    for (const rank of ranks) {
      if (rank >= this.first && this.all === undefined) return;
      const failed = this.#gate.open ? undefined : this.#gate.findFailed(rank);
      if (failed !== undefined) {
        (this.lapsed ??= new Map()).set(rank, failed);
        continue;
      }
      if (rank < this.first) this.first = rank;
      this.all?.add(rank);
    }
  }
}

/** Appends a rank, once; ranks come in ascending order. */
export function appendRank(ranks: number[], rank: number): number[] {
  if (ranks.at(-1) !== rank) ranks.push(rank);
  return ranks;
}

/** `map.get(key)`, made and stored by `create` where it is missing. */
export function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}
