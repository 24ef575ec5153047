import type { RequestInfo } from '#model';
import type { Rule } from './access-rule.ts';
import { appendRank, getOrAdd, type FoundRules } from './found-rules.ts';

/** Rules by the names that they give; `any`: those that name none. */
interface Names {
  readonly any: number[];
  readonly byName: Map<string, number[]>;
}

/**
 * Who may act as whom: the rules that give the verb `impersonate`, spelled out. No wildcard of verbs or resources gives
 * it, so that a rule which allows everything does not also allow being everybody; and a name of the cluster itself
 * (`system:…`, every service account) is given only by that very name.
 */
export class ImpersonationIndex {
  readonly #places = new Map<string, Names>();

  add(rank: number, { apiGroups = [], resources = [], resourceNames, namespaces }: Rule): void {
    for (const group of apiGroups) {
      for (const resource of resources) {
        for (const namespace of namespaces ?? ['']) {
          const names = getOrAdd(this.#places, keyOf(group, resource, namespace), () => ({
            any: [],
            byName: new Map<string, number[]>(),
          }));
          if (!resourceNames?.length) appendRank(names.any, rank);
          for (const name of resourceNames ?? [])
            appendRank(
              getOrAdd(names.byName, name, () => []),
              rank,
            );
        }
      }
    }
  }

  find({ group, resource, subresource, namespace, name }: RequestInfo, found: FoundRules): void {
    const word = subresource === '' ? resource : `${resource}/${subresource}`;
    const literal = resource === 'serviceaccounts' || name.startsWith('system:');
    for (const apiGroup of [group, '*']) {
      for (const place of namespace === '' ? [''] : ['', namespace]) {
        const names = this.#places.get(keyOf(apiGroup, word, place));
        if (!literal) found.add(names?.any);
        found.add(names?.byName.get(name));
      }
    }
  }
}

const keyOf = (group: string, resource: string, namespace: string): string => `${group} ${resource} ${namespace}`;
