import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnvironment, rootOf } from './run-cli.ts';

export interface RunningGateway {
  readonly pid: number;
  /** Everything that it has logged so far. */
  readLog(): string;
  /** SIGTERM, then waits; answers the exit code. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** With the exit code, when the log is whole. */
  readonly exited: Promise<number>;
  /** Its channel, for tests whose preload speaks to them. */
  readonly channel: Pick<ChildProcess, 'on' | 'send'>;
}

const START_WITHIN_MS = 30_000;
const LOGGED_WITHIN_MS = 5_000;

/**
 * Starts the built gateway as its own process and waits until it serves.
 * @param root of another checkout, to compare two builds.
 * @param openFiles limit of open files, soft and hard: Node raises the soft one at its start.
 * @throws where it exits before, with what it said.
 */
export async function startGateway(
  environment: Record<string, string>,
  logFile: string,
  root = rootOf(),
  openFiles?: number,
): Promise<RunningGateway> {
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  const main = [process.execPath, join(root, 'dist/apps/gateway/main.js')] as const;
  const [program, ...parameters] =
    openFiles === undefined
      ? main
      : (['/bin/sh', '-c', `ulimit -Sn ${openFiles} && ulimit -Hn ${openFiles} && exec "$0" "$@"`, ...main] as const);
  const child = spawn(program, parameters, {
    cwd: root,
    // The variable is set by the lane `node-http1`, which runs the forwarding suites again.
    env: {
      ...inheritedEnvironment(),
      ...(process.env.GATEHOUSE_TEST_NODE_HTTP1 ? { GATEHOUSE_HTTP_OWN_HTTP1: 'false' } : {}),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  // What it said last may still be on its way when it has exited. A worker that outlives it has its pipes too.
  const logged = Promise.race([
    new Promise<void>((resolve) => child.once('close', () => log.end(resolve))),
    exited.then(() => new Promise<void>((resolve) => setTimeout(resolve, LOGGED_WITHIN_MS).unref())),
  ]);
  const ready = new Promise<void>((resolve) =>
    child.on('message', (message) => (message as { ready?: boolean }).ready && resolve()),
  );
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), START_WITHIN_MS).unref());
  const first = await Promise.race([ready.then(() => 'ready' as const), exited, late]);
  const readLog = (): string => readFileSync(logFile, 'utf8');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  if (first !== 'ready') {
    await end('SIGKILL');
    await logged;
    throw new Error(`the gateway did not start (${String(first)}): ${readLog().slice(-4000)}`);
  }
  return {
    pid: child.pid ?? 0,
    readLog,
    exited: logged.then(() => exited),
    channel: child,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
