import type { Duplex } from 'node:stream';

/** kubectl and the kubelet end a stream within a round trip; a half-closed tunnel is over after this. */
const LINGER_MS = 1000;

/**
 * Joins two sockets until one side ends; the other then has a second to end as well. Bytes are counted, backpressure
 * holds in both directions, nothing is parsed. Resolves once both are closed.
 */
export function tunnel(client: Duplex, upstream: Duplex): Promise<{ fromClient: number; fromUpstream: number }> {
  const counts = { fromClient: 0, fromUpstream: 0 };
  return new Promise((resolve) => {
    let open = 2;
    let lingering: NodeJS.Timeout | undefined;
    const linger = (): void => {
      lingering ??= setTimeout(() => {
        client.destroy();
        upstream.destroy();
      }, LINGER_MS);
    };
    const closed = (other: Duplex) => (): void => {
      open--;
      if (!other.writableEnded) other.end();
      if (open > 0) return linger();
      clearTimeout(lingering);
      resolve(counts);
    };
    pump(client, upstream, (size) => (counts.fromClient += size), linger);
    pump(upstream, client, (size) => (counts.fromUpstream += size), linger);
    client.once('close', closed(upstream));
    upstream.once('close', closed(client));
  });
}

function pump(from: Duplex, to: Duplex, count: (size: number) => void, onEnd: () => void): void {
  from.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => {
    to.end();
    onEnd();
  });
  // An error ends in 'close', where both sides are taken down.
  from.on('error', () => from.destroy());
  from.resume();
}
