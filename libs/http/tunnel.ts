import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { attempt, within, type Boundary } from './boundary.ts';
import { collectYoungAfter } from './collect-young.ts';
import { unsentBytes } from './deliver.ts';
import { giveBack, MAX_HELD_BYTES, PieceGatherer } from './gather-pieces.ts';
import { lendReads } from './lend-reads.ts';

/** A peer whose other side is gone has nobody to talk to, once it has received everything. */
const UNHEARD_MS = 10_000;
const LOOK_EVERY_MS = 1_000;

export type TunnelSide = 'client' | 'upstream';

export interface TunnelEnd {
  /** The side whose connection failed, or that did not take what the other had sent. */
  readonly aborted?: TunnelSide | 'gateway';
  readonly cause?: unknown;
}

/**
 * One direction. What arrives in one turn of the event loop is written at once: in a port-forward every 16 KiB come with
 * one to three pieces of some bytes (heads of WebSocket and SPDY frames), each otherwise a TLS record, a system call and
 * a wake-up of the peer. While the other side is still busy with what it was given, more is gathered.
 */
class OneWay {
  bytes = 0;
  /** The source sends no more. */
  ended = false;
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #owner: Boundary;
  readonly #gathered: PieceGatherer;
  #writing = 0;

  constructor(owner: Boundary, from: Duplex, to: Duplex) {
    this.#owner = owner;
    this.#from = from;
    this.#to = to;
    this.#gathered = new PieceGatherer(
      owner,
      (bytes) => this.#write(bytes),
      () => this.#writing > 0,
    );
    to.on(
      'drain',
      within(owner, () => void from.resume()),
    );
  }

  /** Bytes that the kernel has not taken yet. */
  get undelivered(): number {
    return unsentBytes(this.#to) + this.#gathered.held;
  }

  /** @param piece is copied. */
  take(piece: Buffer): void {
    // Nobody is there to read it, and the sender must not be held back from ending.
    if (this.#to.destroyed || this.#to.writableEnded) return;
    this.bytes += piece.length;
    this.#gathered.take(piece);
    this.#gathered.flushSoon();
  }

  /** The receiver is ended behind everything that the source has sent. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#gathered.flush();
    if (!this.#to.destroyed) this.#to.end();
  }

  #write(bytes: Buffer): void {
    const to = this.#to;
    if (to.destroyed) return;
    this.#writing++;
    const keepsUp = to.write(
      bytes,
      within(this.#owner, () => {
        giveBack(bytes);
        this.#writing--;
        if (this.#writing === 0) this.#gathered.goOn();
      }),
    );
    if (!keepsUp && to.writableLength > MAX_HELD_BYTES) this.#from.pause();
  }
}

/**
 * Joins two sockets. When one side ends, everything it sent before still reaches the other side, however slowly that
 * side reads, and only then is the other side ended. A limit counts from the last progress, never from the end: the
 * reader of an exec may rest for minutes (`kubectl exec … | less`). Bytes are counted, back-pressure holds in both
 * directions, nothing is parsed.
 */
export class Tunnel implements Boundary {
  readonly #up: OneWay;
  readonly #down: OneWay;
  readonly #client: Duplex;
  readonly #upstream: Socket;
  readonly #stalledMs: number;
  readonly #onOver: (end: TunnelEnd) => void;
  #clientOpen = true;
  #upstreamOpen = true;
  #over = false;
  #looking: NodeJS.Timeout | undefined;
  #progress = '';
  #progressAtMs = 0;
  #end: TunnelEnd = {};

  /**
   * @param stalledMs how long a side that has been sent everything, or half of everything, may make no progress.
   * @param onOver called once, when both sides are closed.
   */
  constructor(client: Duplex, upstream: Socket, stalledMs: number, onOver: (end: TunnelEnd) => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#stalledMs = stalledMs;
    this.#onOver = onOver;
    this.#up = new OneWay(this, client, upstream);
    this.#down = new OneWay(this, upstream, client);
  }

  get fromClient(): number {
    return this.#up.bytes;
  }

  get fromUpstream(): number {
    return this.#down.bytes;
  }

  /** Starts both directions with what each side sent before the other was there. */
  open(clientHead: Buffer, upstreamHead: Buffer): void {
    const client = this.#client;
    const upstream = this.#upstream;
    // One side's last word must not end what the other still has to say.
    client.allowHalfOpen = true;
    upstream.allowHalfOpen = true;
    // An error ends in `close`, where the other side is ended too.
    client.on(
      'error',
      within(this, (cause: Error) => this.#abort('client', cause)),
    );
    upstream.on(
      'error',
      within(this, (cause: Error) => this.#abort('upstream', cause)),
    );
    client.once(
      'close',
      within(this, () => {
        this.#clientOpen = false;
        this.#onClosed('client', this.#up, this.#down);
      }),
    );
    upstream.once(
      'close',
      within(this, () => {
        this.#upstreamOpen = false;
        this.#onClosed('upstream', this.#down, this.#up);
      }),
    );
    client.on(
      'end',
      within(this, () => this.#onEnded(this.#up)),
    );
    upstream.on(
      'end',
      within(this, () => this.#onEnded(this.#down)),
    );
    if (clientHead.length > 0) this.#up.take(clientHead);
    if (upstreamHead.length > 0) this.#down.take(upstreamHead);
    client.on(
      'data',
      within(this, (chunk: Buffer) => {
        collectYoungAfter(chunk.length);
        this.#up.take(chunk);
      }),
    );
    lendReads(
      upstream,
      within(this, (piece: Buffer) => this.#down.take(piece)),
    );
    // A side that ended or closed before anybody listened emits nothing any more. Without TLS a client that leaves before
    // the 101 has only ended.
    if (client.readableEnded) this.#onEnded(this.#up);
    if (upstream.readableEnded) this.#onEnded(this.#down);
    this.#clientOpen = !client.closed;
    this.#upstreamOpen = !upstream.closed;
    if (!this.#clientOpen || !this.#upstreamOpen) this.destroy();
    if (!this.#clientOpen && !this.#upstreamOpen) this.#finish();
  }

  /** Ends both sides at once. */
  destroy(): void {
    clearInterval(this.#looking);
    this.#client.destroy();
    this.#upstream.destroy();
  }

  broke(error: unknown): void {
    this.#end = { aborted: 'gateway', cause: error };
    attempt(
      () => clearInterval(this.#looking),
      () => this.#client.destroy(),
      () => this.#upstream.destroy(),
      () => this.#finish(),
    );
  }

  #abort(aborted: TunnelSide, cause: unknown): void {
    if (this.#end.aborted === undefined) this.#end = { aborted, cause };
  }

  #onEnded(way: OneWay): void {
    way.end();
    this.#look();
  }

  /** `side` is gone; `from` are the bytes that it sent, `to` those that it was sent. */
  #onClosed(side: TunnelSide, from: OneWay, to: OneWay): void {
    const { undelivered } = to;
    if (undelivered > 0) this.#abort(side, new Error(`the ${side} closed before it had received ${undelivered} bytes`));
    from.end();
    // What still comes for it is dropped: the other side must be able to end.
    (side === 'client' ? this.#upstream : this.#client).resume();
    if (!this.#clientOpen && !this.#upstreamOpen) this.#finish();
    else this.#look();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#looking);
    this.#onOver(this.#end);
  }

  /** From the first end on: is there progress? */
  #look(): void {
    this.#progressAtMs = performance.now();
    this.#looking ??= setInterval(
      within(this, () => this.#checkProgress()),
      Math.min(LOOK_EVERY_MS, Math.max(10, this.#stalledMs / 4)),
    );
  }

  #checkProgress(): void {
    const up = this.#upstreamOpen ? this.#up.undelivered : 0;
    const down = this.#clientOpen ? this.#down.undelivered : 0;
    // Bytes for a side that is gone are no progress.
    const moved = `${up} ${down} ${this.#upstreamOpen ? this.#up.bytes : 0} ${this.#clientOpen ? this.#down.bytes : 0}`;
    const nowMs = performance.now();
    if (moved !== this.#progress) {
      this.#progress = moved;
      this.#progressAtMs = nowMs;
      return;
    }
    const stillMs = nowMs - this.#progressAtMs;
    const unheard = !this.#clientOpen && up === 0;
    if (stillMs < (unheard ? Math.min(UNHEARD_MS, this.#stalledMs) : this.#stalledMs)) return;
    if (up + down > 0) {
      const side = down > 0 ? 'client' : 'upstream';
      this.#abort(side, new Error(`the ${side} took none of ${up + down} bytes for ${this.#stalledMs / 1000} s`));
    }
    this.destroy();
  }
}
