import type { Config } from '#config';
import { bootGateway, type Gateway } from './boot.ts';
import { NOTHING_TO_SAVE } from './close-in-steps.ts';
import type { Log } from './log.ts';
import { openShared } from './open-shared.ts';
import { createLoopback } from './workers/create-links.ts';

/** One worker needs no supervisor: everything in this process, so that a small machine runs one. */
export async function startAlone(config: Config, log: Log): Promise<Gateway> {
  const { workers, supervisor } = createLoopback();
  const shared = await openShared(config, log, workers);
  try {
    const gateway = await bootGateway(config, { store: shared.store, supervisor, gateway: shared.gateway, log });
    return {
      ...gateway,
      failed: shared.store.lost.then((error) => ({ error, end: NOTHING_TO_SAVE })),
      async close(options) {
        try {
          await gateway.close(options);
        } finally {
          await shared.close();
        }
      },
    };
  } catch (error) {
    await shared.close();
    throw error;
  }
}
