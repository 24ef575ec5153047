import { loadConfig, type Config } from '#config';
import { describeError } from '#errors';
import type { Gateway } from './boot.ts';
import { CRASH, ENDS_WITHIN_MS, graceAndSaving, type CloseOptions } from './close-in-steps.ts';
import { describeStartFailure } from './describe-start-failure.ts';
import { CRASHED, endOnCrash } from './end-on-crash.ts';
import { createLog, type Log } from './log.ts';

/** Exit codes, documented in docs/operations.md; `CRASHED` is the fourth. */
const STOPPED = 0;
const FAILED = 1;
const MISCONFIGURED = 2;

/** `npm start`: serves until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const loaded = loadConfig({ env: process.env, file: process.env.GATEHOUSE_CONFIG_FILE });
  if (!loaded.ok) {
    process.stderr.write(
      `The configuration has ${loaded.problems.length} problem(s):\n${loaded.problems.map((problem) => `  ${problem.path}: ${problem.message}\n`).join('')}`,
    );
    process.exitCode = MISCONFIGURED;
    return;
  }
  const { config } = loaded;
  const log = createLog(config.log.level);
  let stop: ReturnType<typeof createStop> | undefined;
  endOnCrash(
    () => log,
    () => (stop ? stop('uncaught exception', CRASHED, CRASH) : process.exit(CRASHED)),
  );
  // Imported when it is known which: a supervisor needs nothing of what serves.
  const gateway =
    config.workers === 1
      ? await (await import('./start-alone.ts')).startAlone(config, log)
      : await (await import('./supervise.ts')).supervise(config, log);
  const stopGateway = (stop = createStop(gateway, config, log));
  process.on('SIGTERM', () => stopGateway('SIGTERM', STOPPED));
  process.on('SIGINT', () => stopGateway('SIGINT', STOPPED));
  // Whoever started it with a channel (demo, tests) takes it down by going away, even by a crash.
  process.on('disconnect', () => stopGateway('disconnect', STOPPED));
  void gateway.failed?.then(({ error, end }) => {
    log.error('the gateway cannot go on', { error: describeError(error) });
    stopGateway('failure', FAILED, end);
  });
  if (process.send) process.send({ ready: true, port: gateway.port });
}

/** How to end this process, once and within a bound, whatever hangs. */
function createStop(gateway: Gateway, config: Config, log: Log) {
  let exitCode: number | undefined;
  return (reason: string, code: number, options: CloseOptions = {}): void => {
    // The exit code also reports a crash that happens during the shutdown.
    const closing = exitCode !== undefined;
    exitCode = Math.max(exitCode ?? STOPPED, code);
    if (closing) return;
    log.info('shutting down', { signal: reason });
    const withinMs = graceAndSaving(options, config.timeouts.shutdownGraceSeconds) + ENDS_WITHIN_MS;
    // Behind the bounds of each step.
    setTimeout(() => {
      log.error('the shutdown takes longer than it may; the process kills itself', { afterSeconds: withinMs / 1000 });
      killThisProcess();
    }, withinMs).unref();
    gateway.close(options).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error('shutdown failed', { error: describeError(error) });
        if ((error as { code?: string }).code === 'storeUnavailable') killThisProcess();
        process.exit(Math.max(exitCode ?? STOPPED, FAILED));
      },
    );
  };
}

/** `process.exit` waits for a thread that waits for a disk, however long that takes. */
const killThisProcess = (): void => void process.kill(process.pid, 'SIGKILL');

main().catch((error: unknown) => {
  process.stderr.write(`gatehouse cannot start: ${describeStartFailure(error).message}\n`);
  process.exit(FAILED);
});
