import type { Rule } from './access-rule.ts';
import { isClusterScoped } from './cluster-scoped.ts';
import { getOrAdd, type FoundRules } from './found-rules.ts';
import { NameLeaf } from './name-leaf.ts';
import type { Question } from './question.ts';

/** Resource word → API group → verb → names; each word as the rule spells it. */
type Words = Map<string, Map<string, Map<string, NameLeaf>>>;

/** Verbs that read or remove many objects, in all namespaces if the path names none. */
const COLLECTION_VERBS = new Set(['list', 'watch', 'deletecollection']);

/** Resource rules of one subject, effect and mode. */
export class ResourceIndex {
  /** Rules without `namespaces`. */
  readonly #anywhere: Words = new Map();
  readonly #inNamespace = new Map<string, Words>();
  /** Rules with `namespaces: ['*']`. */
  readonly #inEveryNamespace: Words = new Map();
  /** Every rule with `namespaces`: what a Deny holds against a request that goes across all of them. */
  readonly #limited: Words = new Map();

  *add(rank: number, rule: Rule): Generator<void, void> {
    const places: Words[] = rule.namespaces === undefined ? [this.#anywhere] : [this.#limited];
    for (const namespace of rule.namespaces ?? []) {
      places.push(namespace === '*' ? this.#inEveryNamespace : getOrAdd(this.#inNamespace, namespace, () => new Map()));
    }
    for (const words of places) {
      for (const resource of rule.resources ?? []) {
        yield;
        for (const group of rule.apiGroups ?? []) {
          for (const verb of rule.verbs ?? []) {
            const groups = getOrAdd(words, resource, () => new Map());
            const verbs = getOrAdd(groups, group, () => new Map());
            getOrAdd(verbs, verb, () => new NameLeaf()).add(rank, rule.resourceNames);
          }
        }
      }
    }
  }

  /** RBAC's matching; a proxy only where it is named (kube-rules 1.15). */
  findAllow(question: Question, verb: string, found: FoundRules): void {
    const { namespace, resource } = question.request;
    if (question.isProxy && resource === '*') return;
    const ask = (words: Words | undefined): void => {
      if (words === undefined || words.size === 0) return;
      visit(words.get(question.combined), question, verb, 'findAllow', found);
      if (question.isProxy) return;
      visit(words.get('*'), question, verb, 'findAllow', found);
      if (question.anyWithSubresource !== undefined)
        visit(words.get(question.anyWithSubresource), question, verb, 'findAllow', found);
    };
    ask(this.#anywhere);
    ask(this.#inNamespace.get(namespace));
    if (namespace !== '') ask(this.#inEveryNamespace);
  }

  /**
   * What a Deny cannot rule out it denies: a list across all namespaces shows what is in the denied one. Resources
   * that are known to be cluster-scoped are spared from that, unless the rule names them.
   */
  findDeny(question: Question, verb: string, found: FoundRules): void {
    const { namespace, resource, group } = question.request;
    const ask = (words: Words | undefined, wildcards: boolean): void => {
      if (words === undefined || words.size === 0) return;
      visit(words.get(question.combined), question, verb, 'findDeny', found);
      if (!wildcards) return;
      visit(words.get('*'), question, verb, 'findDeny', found);
      if (question.anyWithSubresource === undefined) return;
      visit(words.get(question.anyWithSubresource), question, verb, 'findDeny', found);
      visit(words.get(`${resource}/*`), question, verb, 'findDeny', found);
    };
    ask(this.#anywhere, true);
    ask(this.#inNamespace.get(namespace), true);
    if (namespace !== '') ask(this.#inEveryNamespace, true);
    else if (COLLECTION_VERBS.has(question.request.verb)) ask(this.#limited, !isClusterScoped(group, resource));
  }
}

function visit(
  groups: Map<string, Map<string, NameLeaf>> | undefined,
  question: Question,
  verb: string,
  find: 'findAllow' | 'findDeny',
  found: FoundRules,
): void {
  if (groups === undefined) return;
  for (const verbs of [groups.get(question.request.group), groups.get('*')]) {
    if (verbs === undefined) continue;
    verbs.get(verb)?.[find](question, found);
    verbs.get('*')?.[find](question, found);
  }
}
