import { describe, expect, it } from 'vitest';
import { collectFaults, nextTurn, Planted, soon, throwPlanted } from '../testdata/fakes.ts';
import { FakeClient, FIRST, Handler, LIMITS, openPool } from '../testdata/fake-pool.ts';
import { Http1Pool } from './http1-pool.ts';

describe('a client that throws', () => {
  it('when it is to send gives its slot back before the caller gets the error', () => {
    const { pool, clients, dispatch } = openPool();
    const first = dispatch('/first');
    pool.done(first);
    const [client] = clients as [FakeClient];
    client.dispatch = throwPlanted;
    const handler = new Handler();
    expect(() => pool.dispatch({ method: 'GET', path: '/' }, handler)).toThrow(Planted);
    expect(handler.slot).toBeUndefined();
    Reflect.deleteProperty(client, 'dispatch');
    dispatch('/next');
    expect([clients.length, client.sent]).toEqual([1, ['/first', '/next']]);
  });

  it('when it is to send a request that waited ends that request; those behind it are sent', () => {
    const { pool, clients, fill, dispatch } = openPool();
    const [first] = fill() as [Handler];
    const broken = dispatch('/broken');
    dispatch('/behind');
    const [client] = clients as [FakeClient];
    const { dispatch: works } = client;
    client.dispatch = function (this: FakeClient, options, handler) {
      if (options.path === '/broken') throwPlanted();
      works.call(this, options, handler);
    };
    pool.done(first);
    expect(broken.errors).toEqual([expect.any(Planted)]);
    expect(broken.slot).toBeUndefined();
    expect([pool.waiting, client.sent.at(-1)]).toEqual([0, '/behind']);
  });

  it('when it is made costs no slot', () => {
    const { reportFault } = collectFaults();
    const made: FakeClient[] = [];
    let fails = true;
    const pool = new Http1Pool(
      () => {
        if (fails) throwPlanted();
        return made[made.push(new FakeClient()) - 1] as FakeClient;
      },
      LIMITS,
      reportFault,
    );
    for (let i = 0; i < 2 * FIRST; i++)
      expect(() => pool.dispatch({ method: 'GET', path: '/' }, new Handler())).toThrow(Planted);
    fails = false;
    expect(pool.dispatch({ method: 'GET', path: '/' }, new Handler())).toBe(true);
    expect(made).toHaveLength(1);
  });

  it('while it closes is reported, since no request is left to end', async () => {
    const { pool, clients, faults, dispatch } = openPool();
    const handler = dispatch('/');
    const [client] = clients as [FakeClient];
    client.close = () => Promise.reject(new Planted());
    void pool.close().catch(() => {});
    pool.done(handler);
    await nextTurn();
    expect(faults).toEqual([{ where: 'a pool of connections', error: expect.any(Planted) }]);
  });
});

describe('a request that waits', () => {
  it('and is cancelled is never sent, nor counted twice', () => {
    const { pool, fill, dispatch, sent } = openPool();
    const [first, second] = fill() as [Handler, Handler];
    const cancelled = dispatch('/cancelled');
    dispatch('/behind');
    expect(pool.cancel(cancelled)).toBe(true);
    expect(pool.cancel(cancelled)).toBe(false);
    pool.done(first);
    pool.done(second);
    expect(sent().filter((path) => !path.startsWith('/first'))).toEqual(['/behind']);
    expect(cancelled.slot).toBeUndefined();
  });

  it('is sent once where it ends as soon as it is sent, and nobody behind it is forgotten', () => {
    const { pool, clients, fill, dispatch } = openPool();
    const [first, second] = fill() as [Handler, Handler];
    const [client] = clients as [FakeClient];
    const { dispatch: works } = client;
    client.dispatch = function (this: FakeClient, options, handler) {
      works.call(this, options, handler);
      // As a request with a header that cannot be sent does.
      if (options.path === '/at-once' && this.sent.length < 10) pool.done(handler);
    };
    dispatch('/at-once');
    dispatch('/second');
    dispatch('/third');
    pool.done(first);
    expect(client.sent).toEqual(['/first/0', '/at-once', '/second']);
    expect(pool.waiting).toBe(1);
    pool.done(second);
    expect(clients[1]?.sent).toEqual(['/first/1', '/third']);
    expect(pool.waiting).toBe(0);
  });

  it('is served before one that comes later, even where a connection has just become free', () => {
    const { pool, fill, dispatch, sent } = openPool();
    const [first] = fill() as [Handler];
    for (let i = 0; i < 3; i++) dispatch(`/waits/${i}`);
    pool.done(first);
    expect(sent().filter((path) => path.startsWith('/waits'))).toEqual(['/waits/0']);
    expect(pool.waiting).toBe(2);
  });

  it('for longer than a moment makes the pool larger, once all connections are open', async () => {
    const { pool, clients, fill, dispatch } = openPool();
    fill();
    for (let i = 0; i < 10; i++) dispatch(`/waits/${i}`);
    await soon(80);
    expect(clients).toHaveLength(FIRST);
    for (const client of clients) client.emit('connect');
    await soon(120);
    expect(clients.length).toBeGreaterThanOrEqual(FIRST + FIRST / 2);
    expect(pool.connected).toBe(FIRST);
  });
});

describe('a slot', () => {
  it('that is given back twice is one slot', () => {
    const { pool, clients, dispatch } = openPool();
    const handler = dispatch('/first');
    pool.done(handler);
    pool.done(handler);
    dispatch('/second');
    dispatch('/third');
    expect(clients.map(({ sent }) => sent)).toEqual([['/first', '/second'], ['/third']]);
  });

  it('of a free connection that is lost is free for a new one', () => {
    const { pool, clients, dispatch } = openPool();
    const handler = dispatch('/first');
    const [lost] = clients as [FakeClient];
    lost.emit('connect');
    pool.done(handler);
    lost.emit('disconnect');
    expect(pool.connected).toBe(0);
    dispatch('/second');
    expect(clients.map(({ sent }) => sent)).toEqual([['/first'], ['/second']]);
  });

  it('of a connection that is lost in use stays with its request until that is done', () => {
    const { pool, clients, fill, dispatch } = openPool();
    const [first] = fill() as [Handler];
    clients[0]?.emit('connect');
    clients[0]?.emit('disconnect');
    dispatch('/waits');
    expect(pool.waiting).toBe(1);
    pool.done(first);
    expect(clients[0]?.sent).toEqual(['/first/0', '/waits']);
  });

  it('that became free last is used first', () => {
    const { pool, clients, fill, dispatch } = openPool();
    const handlers = fill();
    pool.done(handlers[3] as Handler);
    pool.done(handlers[7] as Handler);
    dispatch('/next');
    expect(clients[7]?.sent).toEqual(['/first/7', '/next']);
  });
});

describe('a pool that is closed', () => {
  it('closes its connections, and those that it opens for later requests as soon as they are done', async () => {
    const { pool, clients, dispatch } = openPool();
    const before = dispatch('/before');
    await pool.close();
    const after = dispatch('/after');
    expect(clients.map(({ closes }) => closes)).toEqual([1, 0]);
    pool.done(before);
    pool.done(after);
    expect(clients.map(({ closes }) => closes)).toEqual([1, 1]);
  });
});
