/**
 * An upstream that speaks HTTP/1.1 over TLS byte by byte: a test is given each request, and writes what it likes to the
 * socket: whole responses, odd ones, half of one and a reset.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { makeCertificate } from '../support/forward-upstream.ts';

export interface ByteRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case; the last value of each. */
  readonly headers: ReadonlyMap<string, string>;
  /** Resolves when the whole body is there, or with what there was of it when the connection ended. */
  readonly body: Promise<Buffer>;
}

/** The upstream's end of one connection. */
export interface BytePeer {
  readonly socket: TLSSocket;
  /** One a connection, from 1. */
  readonly requests: number;
  /** A TCP reset. */
  reset(): void;
  /** From here on what comes is no request: the bytes of a tunnel, or what nobody should have sent. */
  onBytes(receive: (bytes: Buffer) => void): void;
}

export interface ByteUpstream {
  readonly port: number;
  readonly caPem: string;
  open(): number;
  /** Closes every connection but those that `keep` names, as a server does that gives idle ones up. */
  closeAll(keep?: (socket: Socket) => boolean): void;
  stop(): Promise<void>;
}

export async function startByteUpstream(
  onRequest: (request: ByteRequest, peer: BytePeer) => void,
): Promise<ByteUpstream> {
  const { cert, private: key } = await makeCertificate();
  const secureContext = createSecureContext({ cert, key });
  const open = new Map<TLSSocket, Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (tcp) => {
    const socket = new TLSSocket(tcp, {
      isServer: true,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      allowHalfOpen: true,
    } as never);
    open.set(socket, tcp);
    tcp.on('error', () => {});
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      tcp.destroy();
    });
    const incoming = new Incoming(tcp, socket, onRequest);
    socket.on('data', (bytes: Buffer) => incoming.take(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caPem: cert,
    open: () => open.size,
    closeAll(keep = () => false) {
      for (const socket of open.keys()) if (!keep(socket)) socket.destroy();
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const [socket, tcp] of open) {
        socket.destroy();
        tcp.destroy();
      }
      await closed;
    },
  };
}

interface AwaitedBody {
  readonly chunked: boolean;
  readonly bytes: number;
  resolve(body: Buffer): void;
}

class Incoming {
  readonly #tcp: Socket;
  readonly #socket: TLSSocket;
  readonly #onRequest: (request: ByteRequest, peer: BytePeer) => void;
  #held = Buffer.alloc(0);
  #requests = 0;
  #body: AwaitedBody | undefined;
  #receive: ((bytes: Buffer) => void) | undefined;

  constructor(tcp: Socket, socket: TLSSocket, onRequest: (request: ByteRequest, peer: BytePeer) => void) {
    this.#tcp = tcp;
    this.#socket = socket;
    this.#onRequest = onRequest;
    socket.on('close', () => this.#body?.resolve(this.#held));
    // A client that has closed its side: nobody reads what is still to be said.
    socket.on('end', () => {
      if (!this.#receive) socket.end();
    });
  }

  take(bytes: Buffer): void {
    if (this.#receive) return this.#receive(bytes);
    this.#held = Buffer.concat([this.#held, bytes]);
    while (this.#body ? this.#readBody(this.#body) : this.#readHead());
  }

  #readHead(): boolean {
    const end = this.#held.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [first = '', ...lines] = this.#held.toString('latin1', 0, end).split('\r\n');
    this.#held = this.#held.subarray(end + 4);
    const [method = '', target = ''] = first.split(' ');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const chunked = headers.has('transfer-encoding');
    const length = Number(headers.get('content-length') ?? 0);
    const body = new Promise<Buffer>((resolve) => {
      if (!chunked && length === 0) resolve(Buffer.alloc(0));
      else this.#body = { chunked, bytes: length, resolve };
    });
    this.#requests++;
    this.#onRequest(
      { method, target, headers, body },
      {
        socket: this.#socket,
        requests: this.#requests,
        reset: () => this.#tcp.resetAndDestroy(),
        onBytes: (receive) => {
          this.#receive = receive;
          if (this.#held.length > 0) receive(this.#held);
        },
      },
    );
    return this.#receive === undefined;
  }

  #readBody({ chunked, bytes, resolve }: AwaitedBody): boolean {
    const end = chunked ? this.#held.indexOf('0\r\n\r\n') + 5 : bytes;
    if (end < (chunked ? 5 : 0) || this.#held.length < end) return false;
    this.#body = undefined;
    const body = this.#held.subarray(0, end);
    this.#held = this.#held.subarray(end);
    resolve(chunked ? dechunked(body) : body);
    return true;
  }
}

function dechunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
