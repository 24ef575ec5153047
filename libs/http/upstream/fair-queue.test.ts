import { describe, expect, it } from 'vitest';
import { FairQueue, type Flow } from './fair-queue.ts';

interface Item {
  readonly flow: Flow<Item>;
  readonly name: string;
}

/** Takes as many slots for each flow as it may, in turn. */
function takeInTurn(queue: FairQueue<Item>, flows: readonly Flow<Item>[]): void {
  for (let taken = true; taken;) {
    taken = false;
    for (const flow of flows)
      if (queue.mayTake(flow)) {
        queue.take(flow);
        taken = true;
      }
  }
}

describe('slots', () => {
  it.each([
    [1, 128],
    [2, 85],
    [3, 64],
    [50, 5],
    [255, 1],
  ])('are divided among %d flows that want all of them, %d each, and as many stay free', (count, each) => {
    const queue = new FairQueue<Item>(256, 0);
    const flows = Array.from({ length: count }, (_, i) => queue.flowOf(`flow ${i}`));
    takeInTurn(queue, flows);
    const held = flows.map((flow) => flow.held);
    expect(Math.min(...held)).toBeGreaterThanOrEqual(each);
    expect(Math.max(...held)).toBeLessThanOrEqual(each + 1);
    expect(queue.mayTake(queue.flowOf('another'))).toBe(true);
  });

  it('go to nobody once none is left', () => {
    const queue = new FairQueue<Item>(8, 0);
    takeInTurn(
      queue,
      Array.from({ length: 8 }, (_, i) => queue.flowOf(`flow ${i}`)),
    );
    expect(queue.mayTake(queue.flowOf('another'))).toBe(false);
    queue.release(queue.flowOf('flow 3'));
    expect(queue.mayTake(queue.flowOf('another'))).toBe(true);
  });
});

describe('requests that wait', () => {
  const open = (maxWaiting = 0) => {
    const queue = new FairQueue<Item>(8, maxWaiting);
    const push = (key: string, name: string): Item | undefined => queue.push({ flow: queue.flowOf(key), name });
    const shiftAll = (): string[] => {
      const names: string[] = [];
      for (let item = queue.shift(); item; item = queue.shift()) names.push(item.name);
      return names;
    };
    return { queue, push, shiftAll };
  };

  it('are served in turn by flow, and in order within one', () => {
    const { queue, push, shiftAll } = open();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) push(name[0] as string, name);
    expect(shiftAll()).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(queue.waiting).toBe(0);
  });

  it('are passed over while their flow holds its share, and keep their turn', () => {
    const { queue, push } = open();
    const alice = queue.flowOf('a');
    for (let i = 0; i < 4; i++) queue.take(alice);
    push('a', 'a1');
    push('b', 'b1');
    expect([queue.hasTurn, queue.shift()?.name, queue.shift()]).toEqual([true, 'b1', undefined]);
    expect(queue.hasTurn).toBe(false);
    queue.release(alice);
    expect(queue.shift()?.name).toBe('a1');
  });

  it('are bounded: the newest of the flow with the most has to go', () => {
    const { queue, push, shiftAll } = open(3);
    for (const name of ['a1', 'a2', 'a3']) expect(push('a', name)).toBeUndefined();
    expect(push('b', 'b1')?.name).toBe('a3');
    expect(push('a', 'a4')?.name).toBe('a4');
    expect(queue.waiting).toBe(3);
    expect(shiftAll()).toEqual(['a1', 'b1', 'a2']);
  });

  it('that are removed are not served, and their flow has no turn for them', () => {
    const { queue, push, shiftAll } = open();
    const item = { flow: queue.flowOf('a'), name: 'a1' };
    queue.push(item);
    push('b', 'b1');
    expect([queue.remove(item), queue.remove(item)]).toEqual([true, false]);
    expect(shiftAll()).toEqual(['b1']);
  });
});

it('flows that hold nothing are forgotten once there are many; the others are not', () => {
  const queue = new FairQueue<Item>(8, 0);
  const busy = queue.flowOf('busy');
  queue.take(busy);
  for (let i = 0; i < 20_000; i++) queue.flowOf(`flow ${i}`);
  expect(queue.flowOf('busy')).toBe(busy);
  expect(queue.size).toBeLessThanOrEqual(4_097);
});
