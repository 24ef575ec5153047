import type { Socket } from 'node:net';
import { sourceOf } from '#limits';

export interface ConnectionLimit {
  onConnection(socket: Socket): void;
  /** Connections closed since the start. */
  refused(): number;
}

/**
 * Closes connections of a source that has its number of them open, before a byte of TLS is spent on them. Nothing is
 * answered and nothing recorded: they have asked for nothing yet.
 *
 * @param maxPerSource 0 for no limit.
 * @param isExempt proxies that speak for many.
 */
export function createConnectionLimit(maxPerSource: number, isExempt: (address: string) => boolean): ConnectionLimit {
  if (maxPerSource === 0) return { onConnection() {}, refused: () => 0 };
  const open = new Map<string, number>();
  let refused = 0;
  const onConnection = (socket: Socket): void => {
    const address = socket.remoteAddress;
    // Gone before it could be looked at.
    if (address === undefined) return void socket.destroy();
    if (isExempt(address)) return;
    const source = sourceOf(address);
    const count = open.get(source) ?? 0;
    if (count >= maxPerSource) {
      refused++;
      return void socket.destroy();
    }
    open.set(source, count + 1);
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1;
      if (left > 0) open.set(source, left);
      else open.delete(source);
    });
  };
  return { onConnection, refused: () => refused };
}
