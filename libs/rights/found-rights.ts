import type { PolicyRule, Rights } from './rbac-objects.ts';
import { tidyRules } from './tidy-rules.ts';

/** Rights while they are collected, by where they are needed. Equal ones are kept once. */
export class FoundRights {
  readonly #everywhere = new Map<string, PolicyRule>();
  readonly #inNamespaces = new Map<string, Map<string, PolicyRule>>();

  add(rule: PolicyRule, namespace?: string): void {
    this.#placeOf(namespace).set(JSON.stringify(rule), rule);
  }

  /** In steps; what is needed everywhere is not said again for a namespace. */
  *tidy(): Generator<void, Rights> {
    yield;
    const everywhere = tidyRules([...this.#everywhere.values()]);
    const inNamespaces = new Map<string, readonly PolicyRule[]>();
    for (const namespace of [...this.#inNamespaces.keys()].toSorted()) {
      yield;
      const rules = tidyRules([...this.#placeOf(namespace).values()], everywhere);
      if (rules.length > 0) inNamespaces.set(namespace, rules);
    }
    return { everywhere, inNamespaces };
  }

  #placeOf(namespace: string | undefined): Map<string, PolicyRule> {
    if (namespace === undefined) return this.#everywhere;
    let place = this.#inNamespaces.get(namespace);
    if (!place) this.#inNamespaces.set(namespace, (place = new Map()));
    return place;
  }
}
