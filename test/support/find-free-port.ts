import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports from which Linux takes those of outgoing connections (32768 and up): one of these is not taken by a
 * connection before the server that it is for listens. Also below those that test/cluster chooses from.
 */
const FIRST = 12_000;
const BEHIND_LAST = 20_000;

/** A loopback port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, BEHIND_LAST);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => resolve(true));
  const free = await promise;
  if (free) await new Promise((closed) => server.close(closed));
  return free;
}
