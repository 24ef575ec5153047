import type { Duplex } from 'node:stream';

/** kubectl and the kubelet end a stream within a round trip; a half-closed tunnel is over after this. */
const LINGER_MS = 1000;

/**
 * Joins two sockets until one side ends; the other then has a second to end as well. Bytes are counted, backpressure
 * holds in both directions, nothing is parsed.
 */
export class Tunnel {
  fromClient = 0;
  fromUpstream = 0;
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
    const fromClient = (chunk: Buffer): void => {
      this.fromClient += chunk.length;
      if (!upstream.write(chunk)) client.pause();
    };
    const fromUpstream = (chunk: Buffer): void => {
      this.fromUpstream += chunk.length;
      if (!client.write(chunk)) upstream.pause();
    };
    upstream.on('drain', () => client.resume());
    client.on('drain', () => upstream.resume());
    client.on('end', () => this.#onEnd(upstream));
    upstream.on('end', () => this.#onEnd(client));
    if (clientHead.length > 0) fromClient(clientHead);
    if (upstreamHead.length > 0) fromUpstream(upstreamHead);
    client.on('data', fromClient);
    upstream.on('data', fromUpstream);
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
