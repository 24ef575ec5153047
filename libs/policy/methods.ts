import { appendRank, getOrAdd, type FoundRules } from './found-rules.ts';

/** Ranks of raw rules by method; `*` is every method. */
export type Methods = Map<string, number[]>;

export function addMethods(to: Methods, methods: readonly string[] | undefined, rank: number): void {
  for (const method of methods ?? []) {
    // A HEAD is a GET without the body; the API server authorises both as get.
    for (const covered of method === 'GET' ? ['GET', 'HEAD'] : [method])
      appendRank(
        getOrAdd(to, covered, () => []),
        rank,
      );
  }
}

export function visitMethods(methods: Methods, method: string, found: FoundRules): void {
  if (methods.size === 0) return;
  found.add(methods.get(method));
  found.add(methods.get('*'));
}
