import type { Rule } from './access-rule.ts';
import { appendRank, getOrAdd, type FoundRules } from './found-rules.ts';

/** nonResourceURLs of one subject, effect and mode: exact ones, and prefixes by length (as many look-ups as lengths). */
export class UrlIndex {
  readonly #exact = new Map<string, Map<string, number[]>>();
  readonly #prefixes = new Map<number, Map<string, Map<string, number[]>>>();

  add(rank: number, rule: Rule): void {
    for (const url of rule.nonResourceURLs ?? []) {
      // RBAC trims every trailing star.
      const prefix = url.replace(/\*+$/, '');
      const verbs =
        prefix === url
          ? getOrAdd(this.#exact, url, () => new Map<string, number[]>())
          : getOrAdd(
              getOrAdd(this.#prefixes, prefix.length, () => new Map()),
              prefix,
              () => new Map<string, number[]>(),
            );
      for (const verb of rule.verbs ?? [])
        appendRank(
          getOrAdd(verbs, verb, () => []),
          rank,
        );
    }
  }

  find(path: string, verb: string, found: FoundRules): void {
    visit(this.#exact.get(path), verb, found);
    for (const [length, prefixes] of this.#prefixes)
      if (path.length >= length) visit(prefixes.get(path.slice(0, length)), verb, found);
  }
}

function visit(verbs: Map<string, number[]> | undefined, verb: string, found: FoundRules): void {
  found.add(verbs?.get(verb));
  found.add(verbs?.get('*'));
}
