import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { within, type Boundary } from './boundary.ts';

/** Node's handle of a socket, and under TLS that of the connection below it. */
interface Handle {
  readonly writeQueueSize?: number;
  readonly _parent?: Handle | undefined;
}

/**
 * Bytes that were written to a socket and that the kernel has not taken yet. Between two writes it falls whenever the
 * peer reads, also within one large write: Node's own socket time-out looks at `writeQueueSize` for that reason.
 */
export function unsentBytes(socket: Duplex): number {
  // Node has no public name for them.
  const { _handle: handle } = socket as { _handle?: Handle | null };
  if (!handle) return socket.writableLength;
  const { writeQueueSize = 0, _parent: below } = handle;
  return socket.writableLength + writeQueueSize + (below?.writeQueueSize ?? 0);
}

/** Fires where a peer has not read a byte for a time, although bytes wait for it. */
export class StallTimer {
  readonly #socket: Duplex;
  readonly #limitMs: number;
  readonly #onStalled: () => void;
  readonly #owner: Boundary;
  #timer: NodeJS.Timeout | undefined;
  #unsent = 0;
  #progressAtMs = 0;

  constructor(owner: Boundary, socket: Duplex, limitMs: number, onStalled: () => void) {
    this.#owner = owner;
    this.#socket = socket;
    this.#limitMs = limitMs;
    this.#onStalled = onStalled;
  }

  /** Counts from now, unless it counts already. */
  start(): void {
    if (this.#timer) return;
    this.#unsent = unsentBytes(this.#socket);
    this.#progressAtMs = performance.now();
    const stepMs = Math.min(1000, Math.max(10, this.#limitMs / 4));
    this.#timer = setInterval(
      within(this.#owner, () => this.#look()),
      stepMs,
    );
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const unsent = unsentBytes(this.#socket);
    if (unsent !== this.#unsent) {
      this.#unsent = unsent;
      this.#progressAtMs = performance.now();
    } else if (performance.now() - this.#progressAtMs >= this.#limitMs) {
      this.stop();
      this.#onStalled();
    }
  }
}

/**
 * Ends a socket so that everything written to it arrives, however slowly the peer reads, and then closes it. What the
 * peer still sends is read and dropped: a socket that is closed with unread bytes, or that is sent more, answers with a
 * reset, for which the kernel drops what the peer has not received yet.
 *
 * @param stalledMs the socket is closed when the peer has read nothing for this long.
 * @param closeWithinMs how long the peer may take to close its side once the kernel has everything.
 */
export function closeDelivered(socket: Duplex, stalledMs: number, closeWithinMs = 5_000): void {
  if (socket.destroyed) return;
  const owner: Boundary = { broke: () => void socket.destroy() };
  const timer = new StallTimer(owner, socket, stalledMs, () => socket.destroy());
  socket.once(
    'finish',
    within(owner, () => {
      timer.stop();
      setTimeout(
        within(owner, () => void socket.destroy()),
        closeWithinMs,
      ).unref();
    }),
  );
  socket.once(
    'close',
    within(owner, () => timer.stop()),
  );
  socket.resume();
  timer.start();
  socket.end();
}

/** Socket of a request, as `net.Socket`: the events `upgrade` and `connect` name it a Duplex. */
export const asSocket = (socket: Duplex): Socket => socket as Socket;
