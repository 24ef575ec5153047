import type { Socket } from 'node:net';
import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isOutOfDescriptors } from '#errors';

const OWN_DESCRIPTORS = '/proc/self/fd';
const LIST_EVERY_MS = 1_000;

/** The limit of this process; undefined where the system has no `/proc` to read it from (macOS). */
export function readDescriptorLimit(): number | undefined {
  try {
    return parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The soft limit of `/proc/<pid>/limits`. Node raises it to the hard limit before any script runs. */
export function parseDescriptorLimit(text: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}

export interface OpenDescriptors {
  count(): number;
  /** A connection that was accepted just now. */
  accepted(socket: Pick<Socket, 'once'>): void;
  stop(): void;
}

/**
 * How many descriptors this process has open. Since 6.2 Linux says it as the size of `/proc/self/fd`: 8 µs, and no
 * descriptor is needed to ask. Before, that size is 0; then the folder is listed once a second (30 ms for 15,000, beside
 * the event loop), and connections that are accepted and closed in between are added.
 */
export async function followOpenDescriptors(
  size = (): number => statSync(OWN_DESCRIPTORS).size,
  list = async (): Promise<number> => (await readdir(OWN_DESCRIPTORS)).length,
): Promise<OpenDescriptors> {
  const kernelCount = keepLast(size);
  if (kernelCount() > 0) return { count: kernelCount, accepted() {}, stop() {} };
  let listed = 0;
  let acceptedSince = 0;
  const look = async (): Promise<void> => {
    const counted = acceptedSince;
    // Listing takes a descriptor itself. Where it fails for another reason nothing is known, and nobody is refused.
    listed = await list().catch((error: unknown) => (isOutOfDescriptors(error) ? Infinity : 0));
    acceptedSince -= counted;
  };
  await look();
  const timer = setInterval(() => void look(), LIST_EVERY_MS).unref();
  return {
    count: () => listed + acceptedSince,
    accepted(socket) {
      acceptedSince++;
      socket.once('close', () => acceptedSince--);
    },
    stop: () => clearInterval(timer),
  };
}

/** An error of the system must not end the process, which is asked every second and for each new connection. */
function keepLast(read: () => number): () => number {
  let last = 0;
  return () => {
    try {
      last = read();
    } catch {
      // The last number is near enough.
    }
    return last;
  };
}
