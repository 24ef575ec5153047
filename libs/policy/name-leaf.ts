import { getOrAdd, type FoundRules } from './found-rules.ts';
import { numberedName, portsMayMeet, splitProxyName } from './proxy-name.ts';
import type { Question } from './question.ts';
import { RankedWords } from './ranked-words.ts';

/** The last step of a resource look-up: which rules, by the names that they are limited to, and by verb. */
export class NameLeaf {
  /** Rules without resourceNames. */
  #any: RankedWords | undefined;
  #byName: Map<string, RankedWords> | undefined;
  /** By the name with its port as a plain number; asked only for Allow. */
  #byNumber: Map<string, RankedWords> | undefined;
  /** Rules with resourceNames, whichever: what a Deny holds against a request whose name is unknown. */
  #named: RankedWords | undefined;
  /** By the bare name within `<scheme>:<name>:<port>`; asked only for Deny. */
  #byBareName: Map<string, { readonly port: string; readonly verbs: RankedWords }[]> | undefined;

  add(rank: number, verbs: readonly string[], names: readonly string[] | undefined, deny: boolean): void {
    // RBAC: an empty list of names is no list.
    if (names === undefined || names.length === 0) return (this.#any ??= new RankedWords()).add(verbs, rank);
    for (const name of names) getOrAdd((this.#byName ??= new Map()), name, newWords).add(verbs, rank);
    if (!deny) return this.#addNumbered(rank, verbs, names);
    (this.#named ??= new RankedWords()).add(verbs, rank);
    for (const name of names) {
      const split = splitProxyName(name);
      if (split === undefined) continue;
      const entry = { port: split.port, verbs: newWords() };
      entry.verbs.add(verbs, rank);
      getOrAdd((this.#byBareName ??= new Map()), split.name, () => []).push(entry);
    }
  }

  #addNumbered(rank: number, verbs: readonly string[], names: readonly string[]): void {
    for (const name of names) {
      const numbered = numberedName(name);
      if (numbered !== undefined) getOrAdd((this.#byNumber ??= new Map()), numbered, newWords).add(verbs, rank);
    }
  }

  findAllow(question: Question, verb: string, found: FoundRules): void {
    this.#any?.find(verb, found);
    if (this.#byName === undefined) return;
    this.#byName.get(question.request.name)?.find(verb, found);
    if (question.numberedName !== undefined) this.#byNumber?.get(question.numberedName)?.find(verb, found);
    if (question.bareServiceName !== undefined) this.#byName.get(question.bareServiceName)?.find(verb, found);
  }

  /** Like `findAllow`, but `*` does not give the verb. */
  findNamedVerb(question: Question, verb: string, found: FoundRules): void {
    this.#any?.findNamed(verb, found);
    this.#byName?.get(question.request.name)?.findNamed(verb, found);
  }

  /** A Deny that names objects also meets a request that may concern them: one whose name nobody knows. */
  findDeny(question: Question, verb: string, found: FoundRules): void {
    this.#any?.find(verb, found);
    const { name } = question.request;
    if (name === '') return this.#named?.find(verb, found);
    this.#byName?.get(name)?.find(verb, found);
    const asked = question.proxyName;
    if (asked === undefined) return;
    for (const { port, verbs } of this.#byBareName?.get(asked.name) ?? [])
      if (portsMayMeet(port, asked.port)) verbs.find(verb, found);
  }
}

const newWords = (): RankedWords => new RankedWords();
