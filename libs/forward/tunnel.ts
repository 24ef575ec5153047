import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { giveBack, PieceGatherer } from '#http1';
import { collectYoungAfter } from './collect-young.ts';
import { lendReads } from './lend-reads.ts';
import { MAX_HELD_BYTES } from './max-held-bytes.ts';

/** kubectl and the kubelet end a stream within a round trip; a half-closed tunnel is over after this. */
const LINGER_MS = 1000;

/**
 * One direction. What arrives in one turn of the event loop is written at once: in a port-forward every 16 KiB come with
 * one to three pieces of some bytes (heads of WebSocket and SPDY frames), each otherwise a TLS record, a system call and
 * a wake-up of the peer. While the other side is still busy with what it was given, more is gathered.
 */
class OneWay {
  bytes = 0;
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #gathered = new PieceGatherer(
    (bytes) => this.#write(bytes),
    () => this.#writing > 0,
  );
  #writing = 0;

  constructor(from: Duplex, to: Duplex) {
    this.#from = from;
    this.#to = to;
    to.on('drain', () => from.resume());
  }

  /** @param piece is copied. */
  take(piece: Buffer): void {
    this.bytes += piece.length;
    this.#gathered.take(piece);
    this.#gathered.flushSoon();
  }

  end(): void {
    this.#gathered.flush();
    this.#to.end();
  }

  #write(bytes: Buffer): void {
    const to = this.#to;
    this.#writing++;
    const keepsUp = to.write(bytes, () => {
      giveBack(bytes);
      this.#writing--;
      if (this.#writing === 0) this.#gathered.goOn();
    });
    if (!keepsUp && to.writableLength > MAX_HELD_BYTES) this.#from.pause();
  }
}

/**
 * Joins two sockets until one side ends; the other then has a second to end as well. Bytes are counted, backpressure
 * holds in both directions, nothing is parsed.
 */
export class Tunnel {
  readonly #up: OneWay;
  readonly #down: OneWay;
  readonly #client: Duplex;
  readonly #upstream: Socket;
  readonly #onOver: (aborted: 'client' | 'upstream' | undefined) => void;
  #lingering: NodeJS.Timeout | undefined;
  #open = 2;
  #aborted: 'client' | 'upstream' | undefined;

  /** @param onOver told once both sides are closed; `aborted` names the side whose connection failed. */
  constructor(client: Duplex, upstream: Socket, onOver: (aborted: 'client' | 'upstream' | undefined) => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#onOver = onOver;
    this.#up = new OneWay(client, upstream);
    this.#down = new OneWay(upstream, client);
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
    // An error ends in `close`, where the other side is taken down too.
    client.on('error', () => (this.#aborted ??= 'client'));
    upstream.on('error', () => (this.#aborted ??= 'upstream'));
    client.once('close', () => this.#onClose(this.#up));
    upstream.once('close', () => this.#onClose(this.#down));
    client.on('end', () => this.#onEnd(this.#up));
    upstream.on('end', () => this.#onEnd(this.#down));
    if (clientHead.length > 0) this.#up.take(clientHead);
    if (upstreamHead.length > 0) this.#down.take(upstreamHead);
    client.on('data', (chunk: Buffer) => {
      collectYoungAfter(chunk.length);
      this.#up.take(chunk);
    });
    lendReads(upstream, (piece) => this.#down.take(piece));
  }

  destroy(): void {
    clearTimeout(this.#lingering);
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #onEnd(way: OneWay): void {
    way.end();
    this.#linger();
  }

  /** The side from which `way` comes is gone. */
  #onClose(way: OneWay): void {
    this.#open--;
    if (this.#open === 0) {
      clearTimeout(this.#lingering);
      return this.#onOver(this.#aborted);
    }
    way.end();
    this.#linger();
  }

  #linger(): void {
    this.#lingering ??= setTimeout(() => this.destroy(), LINGER_MS);
  }
}
