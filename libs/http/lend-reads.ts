import type { OnReadOpts, Socket } from 'node:net';

/** Receives bytes that are lent until it returns. */
export type TakePiece = (piece: Buffer) => void;

/** What a TLS record holds. */
const buffer = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * Option of `tls.connect`: one buffer for all sockets that have it, since what was read is taken out before anything
 * else can be. Node would otherwise make a buffer for each record and take it through a stream, which costs more than
 * to decrypt it.
 * @param take gets bytes that are lent until it returns; false holds the sender back. Must not throw.
 */
export function readIntoOneBuffer<S extends Socket>(
  take: (socket: S, piece: Buffer) => boolean,
): { readonly onread: OnReadOpts } {
  return {
    onread: {
      buffer,
      callback(this: S, length) {
        try {
          return take(this, buffer.subarray(0, length));
        } catch (error) {
          this.destroy(error as Error);
          return false;
        }
      },
    },
  };
}

const TAKER = Symbol('receives what a socket reads');

interface LendingSocket extends Socket {
  [TAKER]?: TakePiece;
}

/**
 * Option of `tls.connect`. Until `lendReads` the bytes go on into the socket's stream, as a copy, so that Node's HTTP
 * client reads a response as ever.
 */
export const READ_TO_LEND = readIntoOneBuffer((socket: LendingSocket, piece) => {
  const take = socket[TAKER];
  if (!take) return socket.push(Buffer.from(piece));
  take(piece);
  return true;
});

/** From here on everything that the socket reads is lent to `take`; first what its stream holds already. */
export function lendReads(socket: LendingSocket, take: TakePiece): void {
  for (let held = socket.read() as Buffer | null; held !== null; held = socket.read() as Buffer | null) take(held);
  socket[TAKER] = take;
  // The stream may have been full.
  socket.resume();
}
