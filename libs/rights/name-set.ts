/** Names, or all there are. */
export class NameSet {
  #all = false;
  readonly #names = new Set<string>();

  add(name: string): void {
    this.#names.add(name);
  }

  addAll(): void {
    this.#all = true;
  }

  addFrom(other: NameSet): void {
    if (other.#all) this.#all = true;
    for (const name of other.#names) this.#names.add(name);
  }

  get empty(): boolean {
    return !this.#all && this.#names.size === 0;
  }

  /** As RBAC's `resourceNames`: absent for all. */
  toResourceNames(): { resourceNames?: string[] } {
    return this.#all ? {} : { resourceNames: [...this.#names] };
  }
}
