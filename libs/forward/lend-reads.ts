import type { OnReadOpts, Socket } from 'node:net';

/** Told of bytes that are lent until it returns. */
export type TakePiece = (piece: Buffer) => void;

const TAKER = Symbol('who takes what a socket reads');

interface LendingSocket extends Socket {
  [TAKER]?: TakePiece;
}

/**
 * Option of `tls.connect`: one buffer for all sockets that have it, since what was read is taken out before anything
 * else can be; a TLS record holds 16 KiB. Until `lendReads` the bytes go on into the socket's stream, as a copy, so
 * that Node's HTTP client reads an answer as ever.
 */
export const READ_TO_LEND: { onread: OnReadOpts } = {
  onread: {
    buffer: Buffer.allocUnsafeSlow(16 * 1024),
    callback(this: LendingSocket, length, buffer) {
      const piece = (buffer as Buffer).subarray(0, length);
      const take = this[TAKER];
      if (!take) return this.push(Buffer.from(piece));
      take(piece);
      return true;
    },
  },
};

/** From here on everything that the socket reads is lent to `take`; first what its stream holds already. */
export function lendReads(socket: LendingSocket, take: TakePiece): void {
  for (let held = socket.read() as Buffer | null; held !== null; held = socket.read() as Buffer | null) take(held);
  socket[TAKER] = take;
  // The stream may have been full.
  socket.resume();
}
