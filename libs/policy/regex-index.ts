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
  readonly #deny: boolean;
  readonly #entries = new Map<string, Entry>();

  constructor(deny: boolean) {
    this.#deny = deny;
  }

  /** @throws GatehouseError `invalid` for one that RE2 does not know. */
  add(rank: number, rule: Rule): void {
    for (const text of rule.pathRegexes ?? []) {
      const entry = getOrAdd(this.#entries, text, () => ({
        regex: compile(text, false),
        anyCase: this.#deny ? compile(text, true) : undefined,
        methods: new RankedWords(),
      }));
      entry.methods.add(coveredMethods(rule.methods), rank);
    }
  }

  findAllow(path: string, method: string, found: FoundRules): void {
    if (!mayBeTried(path)) return;
    for (const { regex, methods } of this.#entries.values()) if (regex.matches(path)) methods.find(method, found);
  }

  /**
   * What is too long to be tried cannot be ruled out. Where case is folded, the expression as written is tried too:
   * `[^a]` takes an `A` only then.
   */
  findDeny(path: string, method: string, foldsCase: boolean, found: FoundRules): void {
    for (const { regex, anyCase, methods } of this.#entries.values())
      if (!mayBeTried(path) || regex.matches(path) || (foldsCase && anyCase?.matches(path)))
        methods.find(method, found);
  }
}

interface Entry {
  readonly regex: PathRegex;
  readonly anyCase: PathRegex | undefined;
  readonly methods: RankedWords;
}

function compile(text: string, anyCase: boolean): PathRegex {
  const regex = readPathRegex(text, anyCase);
  if (typeof regex === 'string')
    throw new GatehouseError('invalid', `path expression ${JSON.stringify(text)} ${regex}`);
  return regex;
}
