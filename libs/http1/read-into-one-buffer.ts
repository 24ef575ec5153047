import type { OnReadOpts, Socket } from 'node:net';

/** What a TLS record holds. */
const buffer = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * Option of `tls.connect`: one buffer for all sockets that have it, since what was read is taken out before anything
 * else can be. Node would else make a buffer for each record and take it through a stream, which costs more than to
 * decrypt it.
 * @param take gets bytes that are lent until it returns; false holds the sender back.
 */
export function readIntoOneBuffer<S extends Socket>(
  take: (socket: S, piece: Buffer) => boolean,
): { readonly onread: OnReadOpts } {
  return {
    onread: {
      buffer,
      callback(this: S, length) {
        return take(this, buffer.subarray(0, length));
      },
    },
  };
}
