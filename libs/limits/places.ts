import type { Lease } from './ports.ts';

/** Places of one sort; `perKey` and `total` are the most that may be taken at a time, 0 for no limit. */
export interface Places {
  /** Takes one for this key of this scope, or says which limit is reached. */
  take(scope: string, key: string): Lease | 'perKey' | 'total';
  /** Taken now. */
  taken(): number;
  /** Keys that are remembered. */
  size(): number;
}

/** Somebody who holds places, or held some a while ago. */
class Holder {
  taken = 0;
}

/**
 * Those who hold nothing are forgotten once there are so many of them: to forget and remember somebody at each of their
 * requests costs more than all else here.
 */
const FORGET_AFTER = 4_096;

/**
 * In maps of maps: scope and key are strings that live as long as a verified token, and know their hash; one string made
 * of both would be made, and hashed, at each request (2 microseconds instead of 0.2).
 */
export function createPlaces(options: { readonly perKey: number; readonly total: number }): Places {
  const perKey = options.perKey || Infinity;
  const total = options.total || Infinity;
  const scopes = new Map<string, Map<string, Holder>>();
  let size = 0;
  let forgetAt = FORGET_AFTER;
  let taken = 0;

  class Place implements Lease {
    readonly ok = true as const;
    #holder: Holder | undefined;

    constructor(holder: Holder) {
      this.#holder = holder;
    }

    release(): void {
      if (!this.#holder) return;
      this.#holder.taken--;
      this.#holder = undefined;
      taken--;
    }
  }

  function holderOf(scope: string, key: string): Holder {
    let keys = scopes.get(scope);
    if (!keys) scopes.set(scope, (keys = new Map()));
    let holder = keys.get(key);
    if (holder) return holder;
    if (size >= forgetAt) forget();
    keys.set(key, (holder = new Holder()));
    size++;
    return holder;
  }

  /** Next time when there are twice as many as hold something now, so that the look through all is paid for. */
  function forget(): void {
    size = 0;
    for (const keys of scopes.values()) {
      for (const [key, holder] of keys) if (holder.taken === 0) keys.delete(key);
      size += keys.size;
    }
    forgetAt = Math.max(FORGET_AFTER, size * 2);
  }

  return {
    take(scope, key) {
      const holder = holderOf(scope, key);
      if (holder.taken >= perKey) return 'perKey';
      if (taken >= total) return 'total';
      holder.taken++;
      taken++;
      return new Place(holder);
    },
    taken: () => taken,
    size: () => size,
  };
}
