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
  /** Stands before each line that is shown, where several commands run side by side. */
  readonly label?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with standard output instead of showing it (it goes to the log all the same). */
  readonly onOutput?: (chunk: string) => void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let running = 0;
let stoppedBy: NodeJS.Signals | undefined;

/**
 * Runs a command, shows what it says while it says it, and keeps it in `logFile`. Ctrl-C ends the commands that run,
 * then us; once one has come no run is answered, so that nothing further is begun.
 */
export async function runLogged(command: string, args: readonly string[], options: LoggedOptions): Promise<LoggedRun> {
  const log = createWriteStream(options.logFile);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, CI: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const shown = showLines(options.label);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    log.write(chunk);
    if (options.onOutput) options.onOutput(chunk);
    else shown.write(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log.write(chunk);
    shown.write(chunk);
  });

  const stop = (signal: NodeJS.Signals): void => {
    stoppedBy = signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  running += 1;
  const run = await new Promise<LoggedRun>((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, error: error.message }));
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  shown.end();
  log.end();
  await finished(log);
  for (const signal of SIGNALS) process.off(signal, stop);
  running -= 1;
  if (stoppedBy === undefined) return run;
  if (running === 0) process.kill(process.pid, stoppedBy);
  return await new Promise<never>(() => {});
}

/** Without a label as it comes; with one in whole lines, or those of two commands would run into each other. */
function showLines(label: string | undefined): { write(chunk: string): void; end(): void } {
  if (label === undefined) return { write: (chunk) => void process.stdout.write(chunk), end: () => {} };
  const show = (line: string): void => void process.stdout.write(`${label} | ${line}\n`);
  let rest = '';
  return {
    write(chunk) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(line);
    },
    end() {
      if (rest !== '') show(rest);
    },
  };
}
