import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

export interface LoggedRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set when the command could not be started at all. */
  readonly error?: string;
}

export interface LoggedOptions {
  readonly cwd: string;
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with standard output instead of printing it (it goes to the log all the same). */
  readonly onOutput?: (chunk: string) => void;
}

/** Runs a command, shows what it says while it says it, and keeps it in `logFile`. Ctrl-C ends the command, then us. */
export async function runLogged(command: string, args: readonly string[], options: LoggedOptions): Promise<LoggedRun> {
  const log = createWriteStream(options.logFile);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, CI: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    log.write(chunk);
    if (options.onOutput) options.onOutput(chunk);
    else process.stdout.write(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log.write(chunk);
    process.stderr.write(chunk);
  });

  let stoppedBy: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    stoppedBy = signal;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  const run = await new Promise<LoggedRun>((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, error: error.message }));
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  for (const signal of signals) process.off(signal, stop);
  log.end();
  await finished(log);
  if (stoppedBy) process.kill(process.pid, stoppedBy);
  return run;
}
