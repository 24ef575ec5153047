import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Chooses `count` free loopback ports. They lie below the ranges from which
 * Linux and macOS take ports for outgoing connections, so that nothing takes
 * them by chance in the second until their server listens.
 */
export async function choosePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt > 1000) throw new Error('there are no free ports between 20000 and 32000 on 127.0.0.1');
    const port = randomInt(20_000, 32_000);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
