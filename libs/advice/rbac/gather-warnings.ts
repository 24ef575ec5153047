const MAX_NAMED = 4;

/** Warnings, each said once with what it is about: a whole cluster's RBAC says some of them a hundred times. */
export class GatheredWarnings {
  readonly #abouts = new Map<string, Set<string>>();

  add(about: string, message: string): void {
    const abouts = this.#abouts.get(message);
    if (abouts === undefined) this.#abouts.set(message, new Set([about]));
    else abouts.add(about);
  }

  /** `ClusterRole "view", ClusterRole "edit" and 3 more: <message>`, in the order of their first appearance. */
  list(): string[] {
    return [...this.#abouts].map(([message, set]) => {
      const abouts = [...set];
      const named = abouts.slice(0, abouts.length === MAX_NAMED + 1 ? MAX_NAMED + 1 : MAX_NAMED);
      const more = abouts.length - named.length;
      return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${message}`;
    });
  }
}
