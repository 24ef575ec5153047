import type { Socket } from 'node:net';
import { readIntoOneBuffer } from '#http1';

/** Told of bytes that are lent until it returns. */
export type TakePiece = (piece: Buffer) => void;

const TAKER = Symbol('who takes what a socket reads');

interface LendingSocket extends Socket {
  [TAKER]?: TakePiece;
}

/**
 * Option of `tls.connect`. Until `lendReads` the bytes go on into the socket's stream, as a copy, so that Node's HTTP
 * client reads an answer as ever.
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
