import { EventEmitter } from 'node:events';
import { openSync, closeSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followOpenDescriptors, parseDescriptorLimit, readDescriptorLimit } from './read-descriptors.ts';

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     
Max processes             unlimited            unlimited            processes 
Max open files            ${soft.padEnd(20)} 524288               files     
Max locked memory         8388608              8388608              bytes     
`;

describe('the limit of open files', () => {
  it('is unknown where the system does not tell', () => {
    expect(parseDescriptorLimit('Max processes 1 1 processes')).toBe(undefined);
    expect(parseDescriptorLimit('')).toBe(undefined);
  });

  it('is the soft limit', () => {
    expect(parseDescriptorLimit(limits('1024'))).toBe(1024);
    expect(parseDescriptorLimit(limits('unlimited'))).toBe(Infinity);
  });

  it('is read from this process', () => {
    expect(readDescriptorLimit()).toBeGreaterThan(100);
  });
});

describe('the number of open descriptors', () => {
  it('follows what this process opens', async () => {
    const open = await followOpenDescriptors();
    const before = open.count();
    expect(Math.abs(before - readdirSync('/proc/self/fd').length)).toBeLessThan(5);
    const more = Array.from({ length: 50 }, () => openSync('/dev/null', 'r'));
    // Other tests of this process may open or close one meanwhile.
    expect(Math.abs(open.count() - before - 50)).toBeLessThan(5);
    more.forEach((descriptor) => closeSync(descriptor));
    open.stop();
  });
});

it('keeps the last number where the kernel fails to tell a new one', async () => {
  const numbers = [100, 100, 120];
  const open = await followOpenDescriptors(() => {
    const next = numbers.shift();
    if (next === undefined) throw new Error('ENOMEM');
    return next;
  });
  expect([open.count(), open.count(), open.count()]).toEqual([100, 120, 120]);
});

describe('before Linux 6.2, where the kernel does not count', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('adds the connections since the last listing', async () => {
    let listed = 100;
    const open = await followOpenDescriptors(
      () => 0,
      async () => listed,
    );
    const sockets = Array.from({ length: 3 }, () => new EventEmitter());
    sockets.forEach((socket) => open.accepted(socket as never));
    expect(open.count()).toBe(103);
    sockets[0]?.emit('close');
    expect(open.count()).toBe(102);
    listed = 150;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(open.count()).toBe(150);
    sockets[1]?.emit('close');
    expect(open.count()).toBe(149);
    open.stop();
    listed = 7;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(open.count()).toBe(149);
  });

  it('refuses nobody where the folder cannot be listed for another reason', async () => {
    const fail = (): never => {
      throw new Error('EACCES');
    };
    const open = await followOpenDescriptors(fail, async () => fail());
    expect(open.count()).toBe(0);
    open.stop();
  });

  it('counts none as free where no descriptor is left to list the folder with', async () => {
    const open = await followOpenDescriptors(
      () => 0,
      () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' })),
    );
    expect(open.count()).toBe(Infinity);
    open.stop();
  });
});
