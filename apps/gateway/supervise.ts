import { createServer } from 'node:net';
import type { Config } from '#config';
import type { Gateway } from './boot.ts';
import { graceAndSaving, NOTHING_TO_SAVE, WORKER_ENDS_WITHIN_MS, type CloseOptions } from './close-in-steps.ts';
import type { Log } from './log.ts';
import { openShared } from './open-shared.ts';
import { createWorkersLink } from './workers/create-links.ts';
import { keepWorkers } from './workers/keep-workers.ts';
import { CALL_STORE, START, STORE_CHANGED, STORE_LOST } from './workers/topics.ts';

/**
 * Several workers serve one port; this process serves nobody. It opens what a gateway has once, starts the workers,
 * replaces each that crashes, and with SQLite holds the database for all of them.
 */
export async function supervise(config: Config, log: Log): Promise<Gateway> {
  const links = createWorkersLink();
  await checkPortIsFree(config);
  const opening = openShared(config, log, links);
  // Workers load their programs meanwhile, and wait here for what they need.
  links.answer(START, async () => {
    const { gateway, store } = await opening;
    return { config: { ...config }, gateway, store: store.handOver() };
  });
  links.answer(CALL_STORE, async (call, worker) => await (await opening).store.serve(call, worker));
  const crew = keepWorkers({
    count: config.workers,
    links,
    log,
    stopWithinMs: (options) => graceAndSaving(options, config.timeouts.shutdownGraceSeconds) + WORKER_ENDS_WITHIN_MS,
    // Where opening fails nobody has served, and nothing is left to mark.
    onLost: (worker) =>
      void opening.then(
        (shared) => shared.workerLost(worker),
        () => {},
      ),
  });
  const close = async (options?: CloseOptions): Promise<void> => {
    const unclean = await crew.stop(options);
    await (await opening).close();
    if (unclean > 0)
      throw new Error(`${unclean} worker(s) did not drain; what they had open is marked in the audit log`);
  };
  try {
    const { store } = await opening;
    store.onChange((change) => links.tellAll(STORE_CHANGED, change));
    void store.lost.then((reason) => links.tellAll(STORE_LOST, reason.message));
    await crew.ready;
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  log.info('all workers serve', { workers: config.workers });
  return {
    url: config.externalUrl,
    port: config.listen.port,
    close,
    failed: Promise.race([
      crew.failed.then((error) => ({ error, end: {} })),
      (await opening).store.lost.then((error) => ({ error, end: NOTHING_TO_SAVE })),
    ]),
  };
}

/**
 * Workers share the port, and would share it with those of another gateway as well, which must be found here: a socket
 * that does not share is refused beside those that do.
 * @throws EADDRINUSE, EACCES.
 */
async function checkPortIsFree({ listen }: Config): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ port: listen.port, host: listen.host }, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}
