import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import type { WorkersLink } from '../workers/link.ts';
import { TAKE_PROFILE, type ProfileOrder } from '../workers/topics.ts';
import type { MetricsHandler } from './open-metrics-listener.ts';

const MAX_SECONDS = 60;
/** Writing the heap of a large process takes a while. */
const GRACE_MS = 120_000;

/** In a worker: writes what is asked of this worker into the file. @returns whether it was meant. */
export async function takeProfile(order: ProfileOrder, worker: number): Promise<boolean> {
  if (order.worker !== worker) return false;
  if (order.kind === 'heap') {
    writeHeapSnapshot(order.file);
    return true;
  }
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await sleep(order.seconds * 1000);
    const { profile } = await session.post('Profiler.stop');
    await writeFile(order.file, JSON.stringify(profile), { mode: 0o600 });
    return true;
  } finally {
    session.disconnect();
  }
}

/**
 * `?seconds=` (1 to 60, CPU only), `?worker=` (its number, as in the log; 0 where there is one process). The answer opens
 * in Chromium's developer tools. It goes through a file in the data directory, which only its owner reads: a snapshot
 * is larger than messages should be, and holds secrets.
 */
export function profileHandler(
  kind: ProfileOrder['kind'],
  workers: Pick<WorkersLink, 'askAll'>,
  dataDirectory: string,
): MetricsHandler {
  return async (query, response) => {
    const seconds = Math.min(MAX_SECONDS, Math.max(1, Number(query.get('seconds') ?? 10) || 10));
    const folder = mkdtempSync(join(dataDirectory, 'profile-'));
    const file = join(folder, kind);
    try {
      const order: ProfileOrder = { kind, seconds, worker: Number(query.get('worker') ?? 0), file };
      const { answers, failed } = await workers.askAll(TAKE_PROFILE, order, seconds * 1000 + GRACE_MS);
      if (!answers.some(({ value }) => value))
        return void response.writeHead(404).end(`no such worker (${failed.length} did not answer)\n`);
      const name = kind === 'cpu' ? 'gatehouse.cpuprofile' : 'gatehouse.heapsnapshot';
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Disposition': `attachment; filename="${name}"`,
      });
      response.end(await readFile(file));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
