import type { IncomingMessage } from 'node:http';

/** Long enough for an honest client to read the answer and stop, or to finish a small body. */
const LINGER_MS = 5_000;

/**
 * For a request that has been answered before its body was all there. Node reads and drops the rest, so that the client
 * gets to its answer instead of a reset; a client that never ends would hold the connection by that, and is cut.
 */
export function cutUnreadBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}
