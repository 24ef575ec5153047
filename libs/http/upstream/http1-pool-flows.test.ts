import { describe, expect, it } from 'vitest';
import { Handler, openPool, type FakeClient } from '../testdata/fake-pool.ts';
import { soon } from '../testdata/fakes.ts';

describe('a flow', () => {
  /** Opens what the pool may open while requests wait. */
  const grow = async (clients: FakeClient[]): Promise<void> => {
    for (let round = 0; round < 12; round++) {
      for (const client of clients) if (client.listenerCount('connect') > 0 && !client.opened) client.open();
      await soon(60);
    }
  };

  it('that wants all connections gets half of them; a request of another one is sent at once', async () => {
    const { pool, clients, dispatch, sent } = openPool({ maxConnections: 32 });
    for (let i = 0; i < 100; i++) dispatch(`/alice/${i}`, new Handler('alice'));
    await grow(clients);
    expect(sent()).toHaveLength(16);
    expect(pool.waiting).toBe(84);
    for (let i = 0; i < 3; i++) {
      dispatch(`/bob/${i}`, new Handler('bob'));
      await soon(60);
      for (const client of clients) if (!client.opened) client.open();
      expect(sent().filter((path) => path.startsWith('/bob'))).toHaveLength(i + 1);
    }
  });

  it('has one turn a round, however many of its requests wait', () => {
    const { pool, fill, dispatch, sent } = openPool();
    const first = fill();
    for (let i = 0; i < 5; i++) dispatch(`/alice/${i}`, new Handler('alice'));
    for (const flow of ['bob', 'carol']) for (let i = 0; i < 2; i++) dispatch(`/${flow}/${i}`, new Handler(flow));
    for (const handler of first.slice(0, 7)) pool.done(handler);
    const served = sent().filter((path) => !path.startsWith('/first'));
    expect(served.toSorted()).toEqual(['/alice/0', '/alice/1', '/alice/2', '/bob/0', '/bob/1', '/carol/0', '/carol/1']);
  });

  it('whose requests fill the queue has its newest one refused, not that of another', () => {
    const { pool, fill, dispatch } = openPool({ maxWaiting: 4 });
    fill();
    const alice = Array.from({ length: 4 }, (_, i) => dispatch(`/alice/${i}`, new Handler('alice')));
    const bob = dispatch('/bob', new Handler('bob'));
    expect(pool.waiting).toBe(4);
    expect(alice.map(({ errors }) => errors.length)).toEqual([0, 0, 0, 1]);
    expect(alice[3]?.errors).toEqual([expect.objectContaining({ code: 'GATEHOUSE_QUEUE_FULL' })]);
    expect(bob.errors).toEqual([]);
    const late = dispatch('/alice/late', new Handler('alice'));
    expect(late.errors).toHaveLength(1);
    expect(pool.cancel(late)).toBe(false);
  });

  it('that holds up connections is cut for one that waits and holds fewer, the oldest first, and no sooner than it may', async () => {
    const { pool, clients, dispatch } = openPool({ maxConnections: 8, contendedStallMs: 200 });
    const holders = Array.from({ length: 8 }, (_, i) => dispatch(`/${i}`, new Handler(`user-${i}`)));
    for (const client of clients) client.open();
    pool.stalled(holders[3] as Handler);
    await soon(20);
    pool.stalled(holders[5] as Handler);
    pool.stalled(holders[6] as Handler);
    pool.resumed(holders[6] as Handler);
    await soon(300);
    // Nobody waits, so nobody is cut.
    expect(holders.map(({ cuts }) => cuts)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const bob = new Handler('bob');
    dispatch('/bob', bob);
    await soon(120);
    expect(holders.map(({ cuts }) => cuts).slice(0, 4)).toEqual([0, 0, 0, 1]);
    expect(holders[6]?.cuts).toBe(0);
    pool.done(holders[3] as Handler);
    expect(clients[3]?.sent).toEqual(['/3', '/bob']);
  });

  it('that waits behind its own stalled requests does not cut them', async () => {
    const { pool, clients, dispatch } = openPool({ maxConnections: 8, contendedStallMs: 20 });
    const own = Array.from({ length: 6 }, (_, i) => dispatch(`/${i}`, new Handler('alice')));
    for (const client of clients) client.open();
    for (const handler of own) pool.stalled(handler);
    await soon(200);
    expect(own.map(({ cuts }) => cuts)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(pool.waiting).toBe(2);
  });
});
