import { appendRank, getOrAdd, type FoundRules } from './found-rules.ts';
import type { Question } from './question.ts';
import { portsMayMeet, splitProxyName } from './proxy-name.ts';

/** The last step of a resource look-up: which rules, by the names that they are limited to. */
export class NameLeaf {
  /** Rules without resourceNames. */
  readonly #any: number[] = [];
  readonly #byName = new Map<string, number[]>();
  /** Rules with resourceNames, whichever: what a Deny holds against a request whose name is unknown. */
  readonly #named: number[] = [];
  /** By the bare name within `<scheme>:<name>:<port>`; asked only for Deny. */
  readonly #byBareName = new Map<string, { readonly port: string; readonly ranks: readonly number[] }[]>();

  add(rank: number, names: readonly string[] | undefined): void {
    // RBAC: an empty list of names is no list.
    if (names === undefined || names.length === 0) {
      appendRank(this.#any, rank);
      return;
    }
    appendRank(this.#named, rank);
    for (const name of names) {
      appendRank(
        getOrAdd(this.#byName, name, () => []),
        rank,
      );
      const split = splitProxyName(name);
      if (split) getOrAdd(this.#byBareName, split.name, () => []).push({ port: split.port, ranks: [rank] });
    }
  }

  findAllow(question: Question, found: FoundRules): void {
    found.add(this.#any);
    found.add(this.#byName.get(question.request.name));
    if (question.bareServiceName !== undefined) found.add(this.#byName.get(question.bareServiceName));
  }

  /** A Deny that names objects also meets a request that may concern them: one whose name nobody knows. */
  findDeny(question: Question, found: FoundRules): void {
    found.add(this.#any);
    const { name } = question.request;
    if (name === '') {
      found.add(this.#named);
      return;
    }
    found.add(this.#byName.get(name));
    const asked = question.proxyName;
    if (asked === undefined) return;
    for (const entry of this.#byBareName.get(asked.name) ?? [])
      if (portsMayMeet(entry.port, asked.port)) found.add(entry.ranks);
  }
}
