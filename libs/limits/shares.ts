import type { Lease } from './ports.ts';

/**
 * How one limit is shared by several processes. A round trip to another process for each request would cost more than
 * the request's own work, so each process has `base` places of everybody without asking, and borrows more in chunks from
 * the rest. No more than the limit are ever taken, by all of them together; and whoever sends everything through one
 * process has at least seven eighths of it there. A limit of few places has no base: then each one is asked for.
 */
export interface ShareTerms {
  readonly base: number;
  readonly rest: number;
  readonly chunk: number;
}

const BASE_OF_ALL = 8;
const CHUNKS = 16;
const MAX_CHUNK = 64;

/** @param limit 0 for none. */
export function termsOf(limit: number, processes: number): ShareTerms {
  if (limit === 0 || processes === 1) return { base: limit || Infinity, rest: 0, chunk: 1 };
  const base = Math.floor(limit / (BASE_OF_ALL * processes));
  const chunk = Math.max(1, Math.min(MAX_CHUNK, Math.floor(limit / (CHUNKS * processes))));
  return { base, rest: limit - base * processes, chunk };
}

/** For what is open for long, a message each is little: nobody has any without asking, and the limit is exact everywhere. */
export function exactTermsOf(limit: number, processes: number): ShareTerms {
  const terms = termsOf(limit, processes);
  return terms.rest === 0 ? terms : { base: 0, rest: limit, chunk: 1 };
}

/** The side of a process that takes. */
export interface Shares {
  /** One for this key of this scope; undefined where none is free. A promise only where more had to be borrowed. */
  take(scope: string, key: string): Lease | undefined | Promise<Lease | undefined>;
  taken(): number;
  /** Keys that are remembered. */
  size(): number;
}

export interface BorrowPorts {
  /** How many were lent, `chunk` at most; 0 where all are. */
  borrow(scope: string, key: string): Promise<number>;
  giveBack(scope: string, key: string, count: number): void;
}

class Holder {
  taken = 0;
  borrowed = 0;
  asking: Promise<number> | undefined;
  readonly scope: string;
  readonly key: string;

  constructor(scope: string, key: string) {
    this.scope = scope;
    this.key = key;
  }
}

/**
 * Those who hold nothing are forgotten once there are so many of them: to forget and remember somebody at each of their
 * requests costs more than all else here.
 */
const FORGET_AFTER = 4_096;

/**
 * Kept in maps of maps: scope and key are strings that live as long as a verified token, and know their hash; one string
 * made of both would be made, and hashed, at each request (2 microseconds instead of 0.2).
 */
export function createShares(terms: ShareTerms, ports: BorrowPorts): Shares {
  const { base, rest, chunk } = terms;
  // Some are kept beside those in use, so that coming and going at a bound is not a message each time.
  const spare = chunk > 1 ? chunk : 0;
  const scopes = new Map<string, Map<string, Holder>>();
  let size = 0;
  let forgetAt = FORGET_AFTER;
  let taken = 0;

  class Place implements Lease {
    readonly ok = true as const;
    #holder: Holder | undefined;

    constructor(holder: Holder) {
      this.#holder = holder;
      holder.taken++;
      taken++;
    }

    release(): void {
      const holder = this.#holder;
      if (!holder) return;
      this.#holder = undefined;
      holder.taken--;
      taken--;
      if (holder.borrowed > 0) giveBackSpare(holder);
    }
  }

  function giveBackSpare(holder: Holder): void {
    const count = holder.taken === 0 ? holder.borrowed : Math.min(holder.borrowed, chunk);
    if (holder.taken > 0 && holder.taken + spare > base + holder.borrowed - count) return;
    holder.borrowed -= count;
    ports.giveBack(holder.scope, holder.key, count);
  }

  function ask(holder: Holder): Promise<number> {
    // One at a time: whoever comes meanwhile waits for the same chunk.
    holder.asking ??= ports
      .borrow(holder.scope, holder.key)
      .then((lent) => {
        holder.borrowed += lent;
        return lent;
      })
      .finally(() => (holder.asking = undefined));
    return holder.asking;
  }

  async function borrowAndTake(holder: Holder): Promise<Lease | undefined> {
    for (;;) {
      const lent = await ask(holder);
      if (holder.taken < base + holder.borrowed) return new Place(holder);
      if (lent === 0) return undefined;
    }
  }

  function holderOf(scope: string, key: string): Holder {
    let keys = scopes.get(scope);
    if (!keys) scopes.set(scope, (keys = new Map()));
    let holder = keys.get(key);
    if (holder) return holder;
    if (size >= forgetAt) forget();
    keys.set(key, (holder = new Holder(scope, key)));
    size++;
    return holder;
  }

  /** Next time when there are twice as many as hold something now, so that the look through all is paid for. */
  function forget(): void {
    size = 0;
    for (const keys of scopes.values()) {
      for (const [key, { taken: held, borrowed, asking }] of keys)
        if (held === 0 && borrowed === 0 && !asking) keys.delete(key);
      size += keys.size;
    }
    forgetAt = Math.max(FORGET_AFTER, size * 2);
  }

  return {
    take(scope, key) {
      const holder = holderOf(scope, key);
      if (holder.taken < base + holder.borrowed) return new Place(holder);
      return rest === 0 ? undefined : borrowAndTake(holder);
    },
    taken: () => taken,
    size: () => size,
  };
}

/** The side that lends the rest, and knows what each process has of it. */
export interface Lender {
  borrow(process: number, scope: string, key: string): number;
  giveBack(process: number, scope: string, key: string, count: number): void;
  /** A process ended: what it had is free. */
  gone(process: number): void;
}

export function createLender(terms: ShareTerms): Lender {
  /** By key: what each process has. A key that nobody has anything of is forgotten. */
  const lent = new Map<string, Map<number, number>>();
  const sumOf = (by: ReadonlyMap<number, number>): number => [...by.values()].reduce((sum, count) => sum + count, 0);
  // A line break stands in no URL.
  const keyOf = (scope: string, key: string): string => `${scope}\n${key}`;

  function take(process: number, name: string, count: number): void {
    const by = lent.get(name);
    const left = (by?.get(process) ?? 0) - count;
    if (left > 0) by?.set(process, left);
    else by?.delete(process);
    if (by?.size === 0) lent.delete(name);
  }

  return {
    borrow(process, scope, key) {
      const name = keyOf(scope, key);
      const by = lent.get(name) ?? new Map<number, number>();
      const count = Math.min(terms.chunk, terms.rest - sumOf(by));
      if (count <= 0) return 0;
      by.set(process, (by.get(process) ?? 0) + count);
      lent.set(name, by);
      return count;
    },
    giveBack: (process, scope, key, count) => take(process, keyOf(scope, key), count),
    gone(process) {
      for (const [name, by] of lent) if (by.has(process)) take(process, name, Infinity);
    },
  };
}
