import type { Duplex } from 'node:stream';
import { collectYoungAfter } from './collect-young.ts';
import { MAX_HELD_BYTES } from './max-held-bytes.ts';

/** kubectl and the kubelet end a stream within a round trip; a half-closed tunnel is over after this. */
const LINGER_MS = 1000;

/**
 * One direction. What arrives in one turn of the event loop is written at once: in a port-forward every 16 KiB come with
 * one to three pieces of some bytes (heads of WebSocket and SPDY frames), each otherwise a TLS record, a system call and
 * a wake-up of the peer. With that and the mark above, two TLS ends exchange a third more at the same CPU.
 */
class OneWay {
  bytes = 0;
  readonly #from: Duplex;
  readonly #to: Duplex;
  #gathering = false;

  constructor(from: Duplex, to: Duplex) {
    this.#from = from;
    this.#to = to;
    to.on('drain', () => from.resume());
  }

  take(chunk: Buffer): void {
    const to = this.#to;
    this.bytes += chunk.length;
    collectYoungAfter(chunk.length);
    if (!this.#gathering) {
      this.#gathering = true;
      to.cork();
      // Not a tick: those run between two records of one read.
      setImmediate(() => {
        this.#gathering = false;
        to.uncork();
      });
    }
    if (!to.write(chunk) && to.writableLength > MAX_HELD_BYTES) this.#from.pause();
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
  readonly #upstream: Duplex;
  readonly #onOver: (aborted: 'client' | 'upstream' | undefined) => void;
  #lingering: NodeJS.Timeout | undefined;
  #open = 2;
  #aborted: 'client' | 'upstream' | undefined;

  /** @param onOver told once both sides are closed; `aborted` names the side whose connection failed. */
  constructor(client: Duplex, upstream: Duplex, onOver: (aborted: 'client' | 'upstream' | undefined) => void) {
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
    client.once('close', () => this.#onClose(upstream));
    upstream.once('close', () => this.#onClose(client));
    client.on('end', () => this.#onEnd(upstream));
    upstream.on('end', () => this.#onEnd(client));
    if (clientHead.length > 0) this.#up.take(clientHead);
    if (upstreamHead.length > 0) this.#down.take(upstreamHead);
    client.on('data', (chunk: Buffer) => this.#up.take(chunk));
    upstream.on('data', (chunk: Buffer) => this.#down.take(chunk));
  }

  destroy(): void {
    clearTimeout(this.#lingering);
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #onEnd(other: Duplex): void {
    other.end();
    this.#linger();
  }

  #onClose(other: Duplex): void {
    this.#open--;
    if (this.#open === 0) {
      clearTimeout(this.#lingering);
      return this.#onOver(this.#aborted);
    }
    if (!other.writableEnded) other.end();
    this.#linger();
  }

  #linger(): void {
    this.#lingering ??= setTimeout(() => this.destroy(), LINGER_MS);
  }
}
