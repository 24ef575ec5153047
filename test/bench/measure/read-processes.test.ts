import { describe, expect, it } from 'vitest';
import {
  familyOf,
  parseMachineTicks,
  parseResidentKib,
  parseStat,
  readCpuMicros,
  readResidentMib,
} from './read-processes.ts';

describe('processes', () => {
  it('reads past a command name that holds spaces and brackets', () => {
    const text = '12 (a ) (b) S 7 12 12 0 -1 4194560 1 0 0 0 310 25 99 99 20 0 11 0 100 1 2';
    expect(parseStat(text)).toEqual({ parent: 7, cpuTicks: 335, endedChildrenTicks: 198 });
  });

  it('counts children of children, whatever the order of their ids, and nobody else', () => {
    const all = new Map([
      [2, { parent: 9 }],
      [5, { parent: 1 }],
      [9, { parent: 5 }],
      [3, { parent: 1 }],
    ]);
    expect(familyOf(5, all).sort()).toEqual([2, 5, 9]);
  });

  it('counts neither idling nor waiting for a disk as work of the machine', () => {
    expect(parseMachineTicks('cpu  1 2 4 1000 1000 8 16 32 64 64\ncpu0 9 9 9 9 9 9 9 9 9 9\n')).toBe(63);
  });

  it('has no resident memory where a process has ended', () => {
    expect(parseResidentKib('')).toBe(0);
    expect(parseResidentKib('Name:\tx\nVmRSS:\t  2048 kB\n')).toBe(2048);
  });

  it('sees this process work', () => {
    const before = readCpuMicros(process.pid);
    const until = process.cpuUsage().user + 60_000;
    while (process.cpuUsage().user < until);
    expect(readCpuMicros(process.pid) - before).toBeGreaterThanOrEqual(40_000);
    expect(readResidentMib(process.pid)).toBeGreaterThan(10);
  });
});
