import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Subject } from './run-load.ts';
import type { World } from '../world.ts';

export interface OpenWatches {
  readonly open: number;
  readonly failed: number;
  /** Why the last one that failed did. */
  readonly failure?: string;
  readonly connections: number;
  readonly pid: number;
  /** Waits until each open watch has had one event more, ten seconds at most. Times are since the event was told. */
  collect(): Promise<Arrivals>;
  close(): Promise<void>;
}

export interface Arrivals {
  readonly received: number;
  /** Watches that have ended, though nobody ended them. */
  readonly ended: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lastMs: number;
}

/** Opens watches from one process of its own; see watcher/main.go. @param streams a connection; 0: each has its own. */
export async function openWatches(world: World, subject: Subject, count: number, streams = 0): Promise<OpenWatches> {
  const { origin, requestsFile } = subject;
  // prettier-ignore
  const flags = ['-origin', origin, '-ca', world.files.ca, '-requests', requestsFile, '-count', String(count), '-streams', String(streams)];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', world.programs.watcher, ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const line = await lines.next();
    if (line.done) throw new Error('the client of the watches has ended');
    return JSON.parse(line.value) as T;
  };
  const opened = await next<Pick<OpenWatches, 'open' | 'failed' | 'failure' | 'connections'>>();
  const close = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  world.onStop(close);
  return {
    ...opened,
    pid: child.pid as number,
    async collect() {
      child.stdin.write('event\n');
      return await next<Arrivals>();
    },
    close,
  };
}

/** Lets a running process have this many files and sockets; without root as many as its hard limit says. */
export function raiseFileLimit(pid: number, files: number): void {
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${files}:${files}`]);
}
