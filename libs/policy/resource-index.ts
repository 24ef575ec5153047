import type { Rule } from './access-rule.ts';
import { isClusterScoped } from './cluster-scoped.ts';
import { getOrAdd, type FoundRules } from './found-rules.ts';
import { NameLeaf } from './name-leaf.ts';
import { wordKey, type Question } from './question.ts';

/** By API group and resource word together, both as the rule spells them. */
type Words = Map<string, NameLeaf>;

/** Verbs that may concern many objects, in all namespaces if the path names none. */
const COLLECTION_VERBS = new Set(['list', 'watch', 'deletecollection', 'proxy']);

/** Resource rules of one subject, effect and mode. */
export class ResourceIndex {
  readonly #deny: boolean;
  /** Rules without `namespaces`. */
  readonly #anywhere: Words = new Map();
  readonly #inNamespace = new Map<string, Words>();
  /** Rules with `namespaces: ['*']`. */
  readonly #inEveryNamespace: Words = new Map();
  /** Every rule with `namespaces`: what a Deny holds against a request that goes across all of them. */
  readonly #limited: Words = new Map();

  constructor(deny: boolean) {
    this.#deny = deny;
  }

  *add(rank: number, rule: Rule): Generator<void, void> {
    const { namespaces, resources = [], apiGroups = [], verbs = [], resourceNames } = rule;
    const places: Words[] = namespaces === undefined ? [this.#anywhere] : this.#deny ? [this.#limited] : [];
    for (const namespace of namespaces ?? [])
      places.push(namespace === '*' ? this.#inEveryNamespace : getOrAdd(this.#inNamespace, namespace, () => new Map()));
    for (const words of places) {
      for (const resource of resources) {
        yield;
        for (const group of apiGroups)
          getOrAdd(words, wordKey(group, resource), () => new NameLeaf()).add(rank, verbs, resourceNames, this.#deny);
      }
    }
  }

  find(question: Question, verb: string, found: FoundRules): void {
    if (this.#deny) this.#findDeny(question, verb, found);
    else this.#findAllow(question, verb, found);
  }

  /**
   * RBAC's matching, but `*` gives no proxy: a proxy is as strong as what it leads to. The verb `proxy` reaches whatever
   * an operator chose, so a rule has to name both the verb and the group.
   */
  #findAllow(question: Question, verb: string, found: FoundRules): void {
    const { namespace, resource, group } = question.request;
    if (question.isProxy && resource === '*') return;
    const ask = (words: Words | undefined): void => {
      if (words === undefined || words.size === 0) return;
      if (question.isVerbProxy) {
        words.get(wordKey(group, resource))?.findNamedVerb(question, verb, found);
        words.get(wordKey(group, '*'))?.findNamedVerb(question, verb, found);
        return;
      }
      for (const key of question.exactKeys) words.get(key)?.findAllow(question, verb, found);
      if (!question.isProxy) for (const key of question.wildKeys) words.get(key)?.findAllow(question, verb, found);
    };
    ask(this.#anywhere);
    ask(this.#inNamespace.get(namespace));
    if (namespace !== '') ask(this.#inEveryNamespace);
  }

  /**
   * What a Deny cannot rule out it denies: a list across all namespaces shows what is in the denied one. Resources
   * that are known to be cluster-scoped are spared from that, unless the rule names them.
   */
  #findDeny(question: Question, verb: string, found: FoundRules): void {
    const { namespace, resource, group } = question.request;
    const ask = (words: Words | undefined, wildcards: boolean): void => {
      if (words === undefined || words.size === 0) return;
      for (const key of question.exactKeys) words.get(key)?.findDeny(question, verb, found);
      if (!wildcards) return;
      for (const key of question.wildKeys) words.get(key)?.findDeny(question, verb, found);
      for (const key of question.allSubresourceKeys) words.get(key)?.findDeny(question, verb, found);
    };
    ask(this.#anywhere, true);
    ask(this.#inNamespace.get(namespace), true);
    if (namespace !== '') ask(this.#inEveryNamespace, true);
    else if (COLLECTION_VERBS.has(question.request.verb)) ask(this.#limited, !isClusterScoped(group, resource));
  }
}
