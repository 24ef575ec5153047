import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from './identify-process.ts';
import type { Recorder } from './record-cluster.ts';

/** A running part of the control plane. */
export interface RunningPart {
  readonly name: string;
  readonly pid: number;
  /** Throws with the end of its log if the part has ended. */
  check(): void;
  /** Signals the part and waits for its end; SIGKILL follows after `graceSeconds`. */
  stop(signal: 'SIGTERM' | 'SIGKILL', graceSeconds?: number): Promise<void>;
}

export interface PartOptions {
  name: string;
  executable: string;
  arguments: readonly string[];
  /** Its log goes to `<directory>/<name>.log`. */
  directory: string;
  /** The kernel kills it when this process dies. Off only to test what happens without. */
  dieWithParent: boolean;
  environment?: Record<string, string>;
  recorder: Recorder;
}

const setpriv = '/usr/bin/setpriv';

export function runPart(options: PartOptions): RunningPart {
  const { name, executable, directory, recorder } = options;
  const logPath = join(directory, `${name}.log`);
  const output = openSync(logPath, 'a', 0o600);
  const wrapped = options.dieWithParent && existsSync(setpriv);
  const child: ChildProcess = spawn(
    wrapped ? setpriv : executable,
    wrapped ? ['--pdeathsig', 'KILL', '--', executable, ...options.arguments] : [...options.arguments],
    {
      cwd: directory,
      // A process group of its own: the terminal's Ctrl-C must not race our orderly stop.
      detached: true,
      stdio: ['ignore', output, output],
      // The host's environment may hold secrets and proxies; the parts need neither.
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: directory,
        ...options.environment,
      },
    },
  );
  closeSync(output);
  let ended: string | undefined;
  const end = new Promise<void>((resolve) => {
    child.once('error', (error) => resolve(void (ended = error.message)));
    child.once('exit', (code, signal) => resolve(void (ended = signal ?? `exit code ${code}`)));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} (${executable}) cannot be started`);
  recorder.record.processes.push({ name, ...identifyProcess(pid) });
  recorder.save();
  // The cluster must not keep a program alive that has nothing else to do.
  child.unref();

  return {
    name,
    pid,
    check() {
      if (ended !== undefined) throw new Error(`${name} ended (${ended}); the end of its log:\n${tail(logPath)}`);
    },
    async stop(signal, graceSeconds = 10) {
      if (ended === undefined) {
        child.ref();
        child.kill(signal);
        const killer = setTimeout(() => child.kill('SIGKILL'), graceSeconds * 1000);
        await end;
        clearTimeout(killer);
      }
      recorder.record.processes = recorder.record.processes.filter((entry) => entry.pid !== pid);
      recorder.save();
    },
  };
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').split('\n').slice(-15).join('\n');
}

/** Asks `probe` until it answers true; fails when a part ends or the time is over. */
export async function waitUntil(
  what: string,
  timeoutSeconds: number,
  parts: readonly RunningPart[],
  probe: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  let last: unknown;
  while (Date.now() < deadline) {
    for (const part of parts) part.check();
    try {
      if (await probe()) return;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`${what}: not ready after ${timeoutSeconds} s`, { cause: last });
}
