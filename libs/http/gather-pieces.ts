import type { Boundary } from './boundary.ts';

/** As much of a body is passed on at once; a turn of the event loop brings some 170 KiB of a list. */
export const GATHERED_BYTES = 192 * 1024;
/**
 * Held for a side that does not read, before the other is no longer read either. Node's own mark, 64 KiB or less, is so
 * little that the sender was paused and resumed between any two reads of a stream that flows. No less than is gathered
 * at once, otherwise what one turn of the event loop brings would pause the sender; in buffers of that size of which at
 * least a quarter is used, it is below 1 MiB a stream.
 */
export const MAX_HELD_BYTES = GATHERED_BYTES;
/**
 * From here on the buffer itself is passed on; of less a copy, since a few bytes would hold all of it for as long as the client
 * does not read.
 */
const LENT_FROM_BYTES = GATHERED_BYTES / 4;
/**
 * From here on the copy is lent too. Fresh memory is garbage soon, for which V8 marks its whole heap: of 190 KiB a list it
 * did so five times a second, for a fifth of a list's CPU.
 */
const COPY_LENT_FROM_BYTES = 16 * 1024;
/** Buffers of each size kept for who gathers next: 6 and 1.5 MiB. */
const MOST_SPARE = 32;

const spare: Buffer[] = [];
const spareSmall: Buffer[] = [];
/** Buffers that are lent and may be given back, once. */
const lent = new WeakSet<ArrayBufferLike>();

/**
 * Takes back bytes that were passed on and that nobody needs any more: they are overwritten from here on. Bytes that are
 * never given back are left to the garbage collector, which for each MiB of a list costs half as much as to forward it:
 * V8 marks its whole heap again for every 64 MiB of buffers. Never throws: it is called when a write completes.
 */
export function giveBack({ buffer }: Buffer): void {
  try {
    const kept = buffer.byteLength === GATHERED_BYTES ? spare : spareSmall;
    if (lent.delete(buffer) && kept.length < MOST_SPARE) kept.push(Buffer.from(buffer));
  } catch {
    // The collector has them.
  }
}

/**
 * Joins what a connection reads in one turn of the event loop. TLS gives at most 16 KiB at a time (RFC 8446 section 5.1),
 * and each piece passed on by itself costs the client's side a write, a system call and a completion; as one buffer, all
 * pieces of a turn are encrypted and written at once.
 */
export class PieceGatherer {
  readonly #owner: Boundary;
  readonly #passOn: (bytes: Buffer) => void;
  readonly #isBusy: () => boolean;
  #held: Buffer | undefined;
  #length = 0;
  #endsTurn = false;
  readonly #onTurnOver = (): void => {
    try {
      this.#endsTurn = false;
      if (!this.#isBusy()) this.flush();
    } catch (error) {
      this.#owner.broke(error);
    }
  };

  /**
   * @param owner is broken by what `passOn` throws at the end of a turn.
   * @param passOn gets the bytes in order; they are its own until it gives them back.
   * @param isBusy while it is true the end of a turn passes nothing on; the caller calls `goOn` afterwards.
   */
  constructor(owner: Boundary, passOn: (bytes: Buffer) => void, isBusy = (): boolean => false) {
    this.#owner = owner;
    this.#passOn = passOn;
    this.#isBusy = isBusy;
  }

  /** Bytes that were taken and not passed on yet. */
  get held(): number {
    return this.#length;
  }

  /** @param piece is copied: it may be overwritten as soon as this returns. */
  take(piece: Buffer): void {
    for (let at = 0; at < piece.length;) {
      const held = (this.#held ??= spare.pop() ?? Buffer.allocUnsafeSlow(GATHERED_BYTES));
      const copied = piece.copy(held, this.#length, at);
      at += copied;
      this.#length += copied;
      if (this.#length === GATHERED_BYTES) this.flush();
    }
  }

  /** Passes on what is held at the end of this turn, however little it is. */
  flushSoon(): void {
    if (!this.#held || this.#endsTurn) return;
    this.#endsTurn = true;
    // Not a tick: those run between two records of one read.
    setImmediate(this.#onTurnOver);
  }

  /** Passes on what was gathered meanwhile; at the end of this turn, where that is still to come. */
  goOn(): void {
    if (!this.#endsTurn) this.flush();
  }

  flush(): void {
    const held = this.#held;
    if (!held) return;
    const bytes = held.subarray(0, this.#length);
    this.#held = undefined;
    this.#length = 0;
    if (bytes.length >= LENT_FROM_BYTES) {
      lent.add(held.buffer);
      return this.#passOn(bytes);
    }
    const few = copyOf(bytes);
    if (spare.length < MOST_SPARE) spare.push(held);
    this.#passOn(few);
  }

  drop(): void {
    this.#held = undefined;
    this.#length = 0;
  }
}

function copyOf(bytes: Buffer): Buffer {
  if (bytes.length < COPY_LENT_FROM_BYTES) return Buffer.from(bytes);
  const small = spareSmall.pop() ?? Buffer.allocUnsafeSlow(LENT_FROM_BYTES);
  lent.add(small.buffer);
  return small.subarray(0, bytes.copy(small));
}
