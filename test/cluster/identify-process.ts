// A pid alone does not name a process: it is reused. Pid, start time, boot and
// pid namespace together do, which is what lets a later start stop exactly the
// leftovers of a crashed one and nothing else.
import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** One process; `startTime` is opaque and only compared. */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** The start time of `pid`, or undefined if there is no such (living) process. */
export function readStartTime(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return answer.stdout.trim() || undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name (field 2) may hold spaces and brackets: count from its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    return state === 'Z' || state === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Describes a running process; throws if it is gone. */
export function identifyProcess(pid: number): ProcessIdentity {
  const startTime = readStartTime(pid);
  if (startTime === undefined) throw new Error(`process ${pid} is gone`);
  return { pid, startTime };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return readStartTime(identity.pid) === identity.startTime;
}

/** Where pids have a meaning: this boot and this pid namespace. */
export function readMachine(): { boot: string; namespace: string } {
  if (process.platform !== 'linux') return { boot: 'unknown', namespace: 'unknown' };
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    namespace: readlinkSync('/proc/self/ns/pid'),
  };
}
