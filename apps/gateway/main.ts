import 'reflect-metadata';
import { loadConfig } from '#config';
import { StoreStartError } from '#store';
import { createLog } from './log.ts';
import { startAlone } from './start-alone.ts';

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
  const log = createLog(loaded.config.log.level);
  const gateway = await startAlone(loaded.config, log);
  let closing = false;
  const stop = (signal: string): void => {
    if (closing) return;
    closing = true;
    log.info('shutting down', { signal });
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('shutdown failed', { error: String(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Whoever started it with a channel (demo, tests) takes it down by going away, even by a crash.
  process.on('disconnect', () => stop('disconnect'));
  if (process.send) process.send({ ready: true, port: gateway.port });
}

main().catch((error: unknown) => {
  const known =
    error instanceof StoreStartError ||
    (error as { code?: string }).code === 'EADDRINUSE' ||
    (error as Error).name === 'GatehouseError';
  process.stderr.write(
    `gatehouse cannot start: ${known ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`,
  );
  process.exit(1);
});
