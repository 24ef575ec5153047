import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDescriptorGuard } from './guard-descriptors.ts';

const LIMIT = 1000;

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort: number;
  constructor(port: number) {
    super();
    this.remotePort = port;
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

function setUp() {
  const lines: [string, string, Record<string, unknown>?][] = [];
  const at =
    (level: string) =>
    (message: string, fields?: Record<string, unknown>): void =>
      void lines.push([level, message, fields]);
  const state = { open: 100 };
  const guard = createDescriptorGuard(
    LIMIT,
    { count: () => state.open, accepted() {}, stop() {} },
    { info: at('info'), warn: at('warn'), error: at('error') },
  );
  let port = 40_000;
  const connect = (): FakeSocket => {
    const socket = new FakeSocket(port++);
    guard.onConnection(socket as never);
    return socket;
  };
  const isReserved = (socket: FakeSocket): boolean => guard.isReserved(socket as never);
  return { guard, lines, state, connect, isReserved };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a new connection', () => {
  it('is closed at once with the last descriptors', () => {
    const { guard, state, connect } = setUp();
    state.open = LIMIT - 16;
    expect(connect().destroyed).toBe(true);
    expect(guard.refused()).toBe(1);
  });

  it('is accepted from the reserve, for five seconds', () => {
    const { guard, state, connect, isReserved } = setUp();
    state.open = LIMIT - 64;
    const [first, second] = [connect(), connect()];
    expect([first.destroyed, isReserved(first), isReserved(second)]).toEqual([false, true, true]);
    // The TLS socket above it has the same peer.
    expect(isReserved(new FakeSocket(first.remotePort))).toBe(true);
    guard.countRefused();
    expect(guard.refused()).toBe(1);
    second.destroy();
    expect([isReserved(first), isReserved(second)]).toEqual([true, false]);
    vi.advanceTimersByTime(4_999);
    expect(first.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect([first.destroyed, isReserved(first)]).toEqual([true, false]);
  });

  it('is left alone with more than the reserve', () => {
    const { guard, state, connect, isReserved, lines } = setUp();
    state.open = LIMIT - 65;
    const socket = connect();
    vi.advanceTimersByTime(60_000);
    expect([socket.destroyed, isReserved(socket), guard.refused(), lines]).toEqual([false, false, 0, []]);
  });
});

describe('accept(2)', () => {
  it('without a descriptor is counted, and said once', () => {
    const { guard, lines } = setUp();
    for (let i = 0; i < 100; i++) guard.onAcceptError(Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect(guard.refused()).toBe(100);
    expect(lines.map(([level]) => level)).toEqual(['error']);
  });

  it('that fails for another reason is no shortage', () => {
    const { guard, lines } = setUp();
    guard.onAcceptError(Object.assign(new Error('accept EPERM'), { code: 'EPERM' }));
    expect(lines).toEqual([['warn', 'a connection could not be accepted', { error: 'accept EPERM' }]]);
  });
});

describe('readiness', () => {
  it('names the limit while new connections are refused', () => {
    const { guard, state } = setUp();
    expect(guard.problem()).toBe(undefined);
    state.open = LIMIT - 64;
    expect(guard.problem()).toBe('out of file descriptors (the limit of open files is 1000)');
    state.open = LIMIT - 65;
    expect(guard.problem()).toBe(undefined);
  });
});

describe('the log', () => {
  it('has one line a minute, however many connections are refused', () => {
    const { state, connect, lines } = setUp();
    state.open = LIMIT;
    for (let second = 0; second < 130; second++) {
      for (let i = 0; i < 10; i++) connect();
      vi.advanceTimersByTime(1_000);
    }
    expect(lines.map(([level, , fields]) => [level, fields?.refused])).toEqual([
      ['error', 1],
      ['error', 600],
      ['error', 1200],
    ]);
  });

  it('says when it is over, after a minute without a shortage', () => {
    const { state, connect, lines } = setUp();
    state.open = LIMIT;
    connect();
    state.open = 100;
    vi.advanceTimersByTime(30_000);
    state.open = LIMIT;
    connect();
    state.open = 100;
    vi.advanceTimersByTime(59_000);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(2_000);
    expect(lines.slice(1)).toEqual([
      ['info', 'file descriptors are free again', { limit: LIMIT, open: 100, refused: 2, seconds: 30 }],
    ]);
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(2);
    state.open = LIMIT;
    connect();
    expect(lines[2]).toMatchObject(['error', expect.any(String), { refused: 1 }]);
  });

  it('has a line also where no new connection comes', () => {
    const { guard, state, lines } = setUp();
    state.open = LIMIT;
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual([['error', expect.stringContaining('out of file descriptors'), expect.anything()]]);
    guard.stop();
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(1);
  });
});
