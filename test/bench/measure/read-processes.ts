import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts a process's time in: USER_HZ, 100 a second on Linux whatever the kernel's own rate. */
const MICROS_PER_TICK = 10_000;
const KIB_PER_MIB = 1024;

export interface ProcessStat {
  readonly parent: number;
  /** User and system time of all threads, ended ones too. */
  readonly cpuTicks: number;
  /** The same of children that have ended and were waited for. */
  readonly endedChildrenTicks: number;
}

/** Reads the text of /proc/<pid>/stat. */
export function parseStat(text: string): ProcessStat {
  // The command name (field 2) may hold spaces and brackets: count from its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const sum = (first: number): number => Number(fields[first]) + Number(fields[first + 1]);
  return { parent: Number(fields[1]), cpuTicks: sum(11), endedChildrenTicks: sum(13) };
}

/** Reads the resident memory, in KiB, out of the text of /proc/<pid>/status. */
export function parseResidentKib(text: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
}

/** The processes of `all` that `root` is or has started, at any depth. */
export function familyOf(root: number, all: ReadonlyMap<number, Pick<ProcessStat, 'parent'>>): number[] {
  const family = new Set([root]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const [pid, { parent }] of all) if (family.has(parent)) family.add(pid);
  }
  return [...family];
}

/** Processor time that `pid` and its descendants have used so far, in microseconds. */
export function readCpuMicros(pid: number): number {
  const all = readAll();
  return familyOf(pid, all).reduce((sum, member) => sum + (all.get(member)?.cpuTicks ?? 0), 0) * MICROS_PER_TICK;
}

/** Processor time that this process has used, with the children whose end it has seen, in microseconds. */
export function readOwnCpuMicros(): number {
  const { cpuTicks, endedChildrenTicks } = parseStat(read('/proc/self/stat'));
  return (cpuTicks + endedChildrenTicks) * MICROS_PER_TICK;
}

/** Processor time that anything on this machine has used, in microseconds; what a hypervisor took away counts too. */
export function readMachineCpuMicros(): number {
  return parseMachineTicks(read('/proc/stat')) * MICROS_PER_TICK;
}

/** Ticks that were not idle, out of the text of /proc/stat: user, nice, system, irq, softirq, steal. */
export function parseMachineTicks(text: string): number {
  const [user, nice, system, , , irq, softirq, steal] = (/^cpu +(.*)$/m.exec(text)?.[1] ?? '').split(' ').map(Number);
  return [user, nice, system, irq, softirq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0);
}

/** Resident memory of `pid` and its descendants, in MiB. */
export function readResidentMib(pid: number): number {
  const kib = familyOf(pid, readAll()).map((member) => parseResidentKib(read(`/proc/${member}/status`)));
  return kib.reduce((sum, value) => sum + value, 0) / KIB_PER_MIB;
}

function readAll(): Map<number, ProcessStat> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((name): [number, ProcessStat][] => {
      const text = read(`/proc/${name}/stat`);
      return text === '' ? [] : [[Number(name), parseStat(text)]];
    }),
  );
}

/** Empty where the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
