import { GatehouseError } from '#errors';
import { mayBeTried, readPathRegex, type PathRegex } from '#kube';
import type { Rule } from './access-rule.ts';
import { coveredMethods } from './covered-methods.ts';
import { getOrAdd, type FoundRules } from './found-rules.ts';
import { RankedWords } from './ranked-words.ts';

/**
 * Regular expressions of one subject, effect and mode. Each is tried on each request of that subject, in linear time:
 * they are for what neither resources nor globs can say.
 */
export class RegexIndex {
  readonly #entries = new Map<string, { readonly regex: PathRegex; readonly methods: RankedWords }>();

  /** @throws GatehouseError `invalid` for one that RE2 does not know. */
  add(rank: number, rule: Rule): void {
    for (const text of rule.pathRegexes ?? []) {
      const entry = getOrAdd(this.#entries, text, () => ({ regex: compile(text), methods: new RankedWords() }));
      entry.methods.add(coveredMethods(rule.methods), rank);
    }
  }

  findAllow(path: string, method: string, found: FoundRules): void {
    if (!mayBeTried(path)) return;
    for (const { regex, methods } of this.#entries.values()) if (regex.matches(path)) methods.find(method, found);
  }

  /** What is too long to be tried cannot be ruled out. */
  findDeny(path: string, method: string, found: FoundRules): void {
    for (const { regex, methods } of this.#entries.values())
      if (!mayBeTried(path) || regex.matches(path)) methods.find(method, found);
  }
}

function compile(text: string): PathRegex {
  const regex = readPathRegex(text);
  if (typeof regex === 'string')
    throw new GatehouseError('invalid', `path expression ${JSON.stringify(text)} ${regex}`);
  return regex;
}
