import { describeError } from '#errors';
import { loadConfig } from '#config';
import { describeStartFailure } from './describe-start-failure.ts';
import { createLog } from './log.ts';

/** `npm start`: serves until SIGTERM or SIGINT; exits 1 where it cannot start, 2 where the configuration is wrong. */
async function main(): Promise<void> {
  const loaded = loadConfig({ env: process.env, file: process.env.GATEHOUSE_CONFIG_FILE });
  if (!loaded.ok) {
    process.stderr.write(
      `The configuration has ${loaded.problems.length} problem(s):\n${loaded.problems.map((problem) => `  ${problem.path}: ${problem.message}\n`).join('')}`,
    );
    process.exitCode = 2;
    return;
  }
  const { config } = loaded;
  const log = createLog(config.log.level);
  // Imported when it is known which: a supervisor needs nothing of what serves.
  const gateway =
    config.workers === 1
      ? await (await import('./start-alone.ts')).startAlone(config, log)
      : await (await import('./supervise.ts')).supervise(config, log);
  let closing = false;
  const stop = (reason: string, exitCode: number): void => {
    if (closing) return;
    closing = true;
    log.info('shutting down', { signal: reason });
    gateway.close().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error('shutdown failed', { error: describeError(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  process.on('SIGINT', () => stop('SIGINT', 0));
  // Whoever started it with a channel (demo, tests) takes it down by going away, even by a crash.
  process.on('disconnect', () => stop('disconnect', 0));
  void gateway.failed?.then((error) => {
    log.error('the gateway cannot go on', { error: error.message });
    stop('failure', 1);
  });
  if (process.send) process.send({ ready: true, port: gateway.port });
}

main().catch((error: unknown) => {
  process.stderr.write(`gatehouse cannot start: ${describeStartFailure(error).message}\n`);
  process.exit(1);
});
