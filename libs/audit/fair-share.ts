/** Items in one lane a key. `take` goes round the lanes, one item each, so that no key can fill what is taken. */
export interface FairShare<Item> {
  /** Items of one key keep their order. */
  add(key: string, item: Item): void;
  take(most: number): Item[];
  size(): number;
  /** The first item of each lane. */
  heads(): Iterable<Item>;
}

interface Lane<Item> {
  readonly items: Item[];
  next: number;
}

export function createFairShare<Item>(): FairShare<Item> {
  // Maps keep the order of insertion: a lane that was served goes to the end.
  const lanes = new Map<string, Lane<Item>>();
  let size = 0;

  function takeOne(key: string, lane: Lane<Item>): Item {
    lanes.delete(key);
    const item = lane.items[lane.next] as Item;
    lane.next += 1;
    if (lane.next < lane.items.length) lanes.set(key, lane);
    size -= 1;
    return item;
  }

  return {
    add(key, item) {
      const lane = lanes.get(key);
      if (lane) lane.items.push(item);
      else lanes.set(key, { items: [item], next: 0 });
      size += 1;
    },
    take(most) {
      const taken: Item[] = [];
      while (taken.length < most && size > 0) {
        const [key, lane] = lanes.entries().next().value as [string, Lane<Item>];
        taken.push(takeOne(key, lane));
      }
      return taken;
    },
    size: () => size,
    *heads() {
      for (const { items, next } of lanes.values()) yield items[next] as Item;
    },
  };
}
