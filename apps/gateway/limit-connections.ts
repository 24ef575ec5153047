import type { Socket } from 'node:net';
import { createPlaces, sourceOf } from '#limits';

/**
 * Closes connections of a source that has its number of them open, before a byte of TLS is spent on them. Nothing is
 * answered and nothing recorded: they have asked for nothing yet.
 *
 * @param maxPerSource 0 for no limit.
 * @param isExempt proxies that speak for many.
 */
export function createConnectionLimit(
  maxPerSource: number,
  isExempt: (address: string) => boolean,
): (socket: Socket) => void {
  if (maxPerSource === 0) return () => {};
  const places = createPlaces({ perKey: maxPerSource, total: 0 });
  return (socket) => {
    const address = socket.remoteAddress;
    // Gone before it could be looked at.
    if (address === undefined) return void socket.destroy();
    if (isExempt(address)) return;
    const place = places.take('', sourceOf(address));
    if (typeof place === 'string') return void socket.destroy();
    socket.once('close', () => place.release());
  };
}
