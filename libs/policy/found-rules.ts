/**
 * Collects the rules that a look-up meets. A rule is its rank: its place when all are sorted by name, so that of
 * several that decide alike always the same one is named.
 */
export class FoundRules {
  /** Rank of the first one, or Infinity. */
  first = Infinity;
  /** All of them, where that is asked for (rules in mode Report). */
  readonly all: Set<number> | undefined;

  constructor(collectAll = false) {
    this.all = collectAll ? new Set() : undefined;
  }

  /** @param ranks ascending. */
  add(ranks: readonly number[] | undefined): void {
    if (ranks === undefined) return;
    const [lowest = Infinity] = ranks;
    if (lowest < this.first) this.first = lowest;
    if (this.all !== undefined) for (const rank of ranks) this.all.add(rank);
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
