import type { Lease } from './ports.ts';

/** Places of one sort; `perKey` and `total` are the most that may be taken at a time, 0 for no limit. */
export interface Places {
  /** Takes one for this key, or says which limit is reached. */
  take(key: string): Lease | 'perKey' | 'total';
  /** Taken now. */
  taken(): number;
  /** Keys that hold any. */
  holders(): number;
}

interface Holder {
  readonly key: string;
  taken: number;
}

/** A key that holds nothing is forgotten, so that memory is bounded by what is open. */
export function createPlaces(options: { readonly perKey: number; readonly total: number }): Places {
  const perKey = options.perKey || Infinity;
  const total = options.total || Infinity;
  const holders = new Map<string, Holder>();
  let taken = 0;

  class Place implements Lease {
    readonly ok = true as const;
    #holder: Holder | undefined;

    constructor(holder: Holder) {
      this.#holder = holder;
    }

    release(): void {
      const holder = this.#holder;
      if (!holder) return;
      this.#holder = undefined;
      taken--;
      if (--holder.taken === 0) holders.delete(holder.key);
    }
  }

  return {
    take(key) {
      let holder = holders.get(key);
      if (holder && holder.taken >= perKey) return 'perKey';
      if (taken >= total) return 'total';
      if (!holder) holders.set(key, (holder = { key, taken: 0 }));
      holder.taken++;
      taken++;
      return new Place(holder);
    },
    taken: () => taken,
    holders: () => holders.size,
  };
}
