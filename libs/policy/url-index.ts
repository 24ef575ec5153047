import { trimEnd } from '#kube';
import type { RequestInfo } from '#model';
import type { Rule } from './access-rule.ts';
import { getOrAdd, type FoundRules } from './found-rules.ts';
import { RankedWords } from './ranked-words.ts';

/** nonResourceURLs of one subject, effect and mode: exact ones, and prefixes by length (as many look-ups as lengths). */
export class UrlIndex {
  readonly #exact = new Map<string, RankedWords>();
  readonly #prefixes = new Map<number, Map<string, RankedWords>>();

  add(rank: number, rule: Rule): void {
    for (const url of rule.nonResourceURLs ?? []) {
      // RBAC trims every trailing star.
      const prefix = url.replace(/(?<!\*)\*+$/, '');
      const urls = prefix === url ? this.#exact : getOrAdd(this.#prefixes, prefix.length, () => new Map());
      getOrAdd(urls, prefix, () => new RankedWords()).add(rule.verbs ?? [], rank);
    }
  }

  find(path: string, verb: string, found: FoundRules): void {
    this.#exact.get(path)?.find(verb, found);
    for (const [length, prefixes] of this.#prefixes)
      if (path.length >= length) prefixes.get(path.slice(0, length))?.find(verb, found);
  }

  /** `/logs/` reaches what `/logs` reaches. A HEAD is a GET. */
  findDeny({ path, method }: RequestInfo, verb: string, found: FoundRules): void {
    const trimmed = trimEnd(path, '/');
    for (const spelling of trimmed === path || trimmed === '' ? [path] : [path, trimmed]) {
      this.find(spelling, verb, found);
      if (method === 'HEAD') this.find(spelling, 'get', found);
    }
  }
}
