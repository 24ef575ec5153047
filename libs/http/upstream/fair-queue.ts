/** Requests of one flow: everything that one user sends, with all credentials. */
export interface Flow<Item> {
  readonly key: string;
  /** Slots that its requests hold now. */
  held: number;
  /** In the order in which they came. */
  readonly waiting: Set<Item>;
}

/** A request that waits for a slot. */
export interface Queued {
  readonly flow: Flow<this>;
}

/** Flows that hold nothing are forgotten once there are so many: doing it at each request costs more than the rest here. */
const FORGET_AFTER = 4_096;

/**
 * Divides slots among flows, and serves the requests that wait for one in turn by flow.
 *
 * A flow may take a slot while it holds fewer than are free. One flow alone thus gets half of the slots, n flows that
 * want all of them get 1/(n+1) each, and as much as each of them has stays free, so a flow that comes anew never waits for a request
 * that is slow to end. Shared-memory switches divide their buffers by this rule (Choudhury and Hahne, "Dynamic queue
 * length thresholds for shared-memory packet switches", 1998); a fixed share would have to know how many flows will come.
 */
export class FairQueue<Item extends Queued> {
  readonly #slots: number;
  readonly #maxWaiting: number;
  readonly #flows = new Map<string, Flow<Item>>();
  /** Flows whose requests wait; the first has the next turn. */
  readonly #turns = new Set<Flow<Item>>();
  #forgetAt = FORGET_AFTER;
  #used = 0;
  #waiting = 0;

  /** @param maxWaiting 0: no limit. */
  constructor(slots: number, maxWaiting: number) {
    this.#slots = slots;
    this.#maxWaiting = maxWaiting === 0 ? Infinity : maxWaiting;
  }

  /** Flows that are remembered. */
  get size(): number {
    return this.#flows.size;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Flows whose requests wait, the first of which has the next turn. */
  get waitingFlows(): Iterable<Flow<Item>> {
    return this.#turns;
  }

  flowOf(key: string): Flow<Item> {
    let flow = this.#flows.get(key);
    if (flow) return flow;
    if (this.#flows.size >= this.#forgetAt) this.#forget();
    this.#flows.set(key, (flow = { key, held: 0, waiting: new Set() }));
    return flow;
  }

  mayTake(flow: Flow<Item>): boolean {
    return flow.held < this.#slots - this.#used;
  }

  /** True where a request waits that may take a slot. */
  get hasTurn(): boolean {
    for (const flow of this.#turns) if (this.mayTake(flow)) return true;
    return false;
  }

  take(flow: Flow<Item>): void {
    flow.held++;
    this.#used++;
  }

  release(flow: Flow<Item>): void {
    flow.held--;
    this.#used--;
  }

  /**
   * Adds a request behind the others of its flow.
   * @returns the request that has to go because too many wait: the newest of the flow with the most.
   */
  push(item: Item): Item | undefined {
    const { flow } = item;
    flow.waiting.add(item);
    this.#turns.add(flow);
    this.#waiting++;
    if (this.#waiting <= this.#maxWaiting) return undefined;
    let longest = flow;
    for (const other of this.#turns) if (other.waiting.size > longest.waiting.size) longest = other;
    const newest = [...longest.waiting].at(-1) as Item;
    this.remove(newest);
    return newest;
  }

  /** Takes out the request that has the next turn; undefined where none may take a slot. */
  shift(): Item | undefined {
    for (const flow of this.#turns) {
      if (!this.mayTake(flow)) continue;
      const [item] = flow.waiting as Iterable<Item> as [Item];
      this.remove(item);
      // Its next request waits until the other flows had their turn.
      if (this.#turns.delete(flow)) this.#turns.add(flow);
      return item;
    }
    return undefined;
  }

  /** @returns false where it does not wait. */
  remove(item: Item): boolean {
    const { flow } = item;
    if (!flow.waiting.delete(item)) return false;
    this.#waiting--;
    if (flow.waiting.size === 0) this.#turns.delete(flow);
    return true;
  }

  /** Next time when there are twice as many as are needed now, so that each look through all of them is paid for. */
  #forget(): void {
    for (const [key, { held, waiting }] of this.#flows) if (held === 0 && waiting.size === 0) this.#flows.delete(key);
    this.#forgetAt = Math.max(FORGET_AFTER, this.#flows.size * 2);
  }
}
