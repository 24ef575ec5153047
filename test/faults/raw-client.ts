/** A client whose bytes the test writes, and whose responses a strict reader reads; it can leave in every way. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ResponseReader, type Asked, type ReadResponse } from './read-responses.ts';

export interface GatewayAddress {
  readonly port: number;
  /** Undefined where the gateway serves without TLS. */
  readonly caPem: string | undefined;
  readonly token: string;
}

export type Leaving = 'end' | 'destroy' | 'reset';

export class RawClient {
  readonly socket: Socket;
  readonly reader = new ResponseReader();
  /** How the connection ended; undefined while it is open. */
  ended: 'end' | 'reset' | undefined;
  readonly #tcp: Socket;
  #taken = 0;
  #wake: (() => void)[] = [];

  private constructor(tcp: Socket, socket: Socket) {
    this.#tcp = tcp;
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.reader.push(chunk);
      this.#notify();
    });
    socket.on('error', () => (this.ended ??= 'reset'));
    socket.on('end', () => (this.ended ??= 'end'));
    socket.on('close', () => {
      this.ended ??= 'end';
      this.reader.end('cut');
      this.#notify();
    });
  }

  static async connect({ port, caPem }: GatewayAddress): Promise<RawClient> {
    const tcp = connectTcp({ host: '127.0.0.1', port, noDelay: true });
    const socket = caPem === undefined ? tcp : connectTls({ socket: tcp, ca: caPem, servername: '' });
    await new Promise<void>((resolve, reject) => {
      socket.once(caPem === undefined ? 'connect' : 'secureConnect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed while it was opened')));
      tcp.once('error', reject);
    });
    tcp.on('error', () => {});
    return new RawClient(tcp, socket);
  }

  /** @param asked how its response is framed; absent where these bytes are no request, or only a part of one. */
  send(bytes: string | Buffer, asked?: Asked): void {
    if (asked) this.reader.ask(asked);
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** The next response, or what there is of it when the connection or the time is over. */
  async response(withinMs: number): Promise<ReadResponse> {
    const index = this.#taken++;
    if (!(await this.until(() => this.reader.responses.length > index, withinMs))) this.reader.end('hang');
    return (
      this.reader.responses[index] ?? {
        state: 'none',
        status: 0,
        reason: '',
        rawHeaders: [],
        body: Buffer.alloc(0),
        interim: [],
      }
    );
  }

  /** Waits until it holds, the connection is over, or the time is; says whether it holds. */
  async until(holds: () => boolean, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (!holds()) {
      const left = end - performance.now();
      if (left <= 0 || this.socket.destroyed) return holds();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  async closed(withinMs: number): Promise<boolean> {
    await this.until(() => this.socket.destroyed, withinMs);
    return this.socket.destroyed;
  }

  leave(how: Leaving): void {
    if (how === 'end') this.socket.end();
    else if (how === 'destroy') this.socket.destroy();
    else {
      this.#tcp.resetAndDestroy();
      this.socket.destroy();
    }
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export interface RequestParts {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly anonymous?: boolean;
  readonly version?: string;
}

/** The bytes of a request; `headers` are whole lines. */
export function requestText(
  address: GatewayAddress,
  target: string,
  { method = 'GET', headers = [], body = '', anonymous = false, version = 'HTTP/1.1' }: RequestParts = {},
): string {
  const lines = [`${method} ${target} ${version}`, `Host: 127.0.0.1:${address.port}`, ...headers];
  if (!anonymous) lines.push(`Authorization: Bearer ${address.token}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export const upgradeHeaders = (protocol: 'websocket' | 'SPDY/3.1'): string[] => [
  'Connection: Upgrade',
  `Upgrade: ${protocol}`,
];
