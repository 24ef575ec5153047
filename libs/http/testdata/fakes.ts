/** What the tests of this room share: a client whose reading they control, exchanges on it, and real loopback sockets. */
import { connect, createServer, type AddressInfo, type Socket, type TcpNetConnectOpts } from 'node:net';
import { Duplex } from 'node:stream';
import { expect } from 'vitest';
import { Exchange } from '../exchange.ts';
import type { ResponseRules, UpstreamRequest } from '../exchange-contract.ts';
import { PlainResponse } from '../inbound/plain-response.ts';

/** The error that a test plants in a callback. */
export class Planted extends Error {
  override message = 'planted';
}

export const throwPlanted = (): never => {
  throw new Planted();
};

/** How an exchange ends whose error came before a response was sent, and after. */
export const REFUSED = { statusCode: 0, refusal: { code: 'exchangeFailed' }, cause: expect.any(Planted) };
export const CUT = { aborted: 'gateway', abortCode: 'exchangeFailed', cause: expect.any(Planted) };

export const soon = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await soon(2);
}

/** Resolves behind everything that this turn of the event loop has put off, `atEndOfTurn` included. */
export const nextTurn = async (): Promise<void> => {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Records what `reportFault` gets. */
export function collectFaults() {
  const faults: { where: string; error: unknown }[] = [];
  return { faults, reportFault: (where: string, error: unknown): void => void faults.push({ where, error }) };
}

/** A socket whose peer the test plays: nothing that is written to it is taken before `takeOne`, unless `reads`. */
export class HeldSocket extends Duplex {
  received = '';
  writes = 0;
  reads = false;
  wasReset = false;
  readonly #held: { chunk: Buffer; done: (error?: Error | null) => void }[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#held.push({ chunk, done });
    if (this.reads) this.takeOne();
  }

  /** Takes one write. */
  takeOne(): boolean {
    const next = this.#held.shift();
    if (!next) return false;
    this.writes++;
    this.received += next.chunk.toString('latin1');
    next.done();
    return true;
  }

  resetAndDestroy(): this {
    this.wasReset = true;
    return this.destroy();
  }
}

export function makeRequest(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    upstream: 'cluster "demo"',
    method: 'GET',
    path: '/api',
    headers: ['Host', 'upstream'],
    body: undefined,
    maxBodyBytes: Number.POSITIVE_INFINITY,
    kind: 'short',
    flow: 'somebody',
    times: { shortRequestMs: 5000, stalledReaderMs: 5000, stalledStreamMs: 5000 },
    ...changes,
  };
}

/** Rules that let everything through. */
export const PASS: ResponseRules = {
  head: (_statusCode, rawHeaders) => [...rawHeaders],
  trailers: () => [],
};

/** An exchange whose response is a plain one on a `HeldSocket`. */
export function startExchange(changes: Partial<UpstreamRequest> = {}, rules: Partial<ResponseRules> = {}) {
  const socket = new HeldSocket();
  socket.reads = true;
  socket.on('error', () => {});
  const connection = { closes: false, ended: 0 };
  const response = new PlainResponse(
    {
      socket: socket as unknown as Socket,
      connectionLines: () => '',
      closeAfterResponse: () => void (connection.closes = true),
      responseEnded: () => void connection.ended++,
    },
    changes.method === 'HEAD',
  );
  response.sendDate = false;
  socket.on('drain', () => response.drained());
  socket.on('close', () => response.clientClosed());
  const exchange = new Exchange(makeRequest(changes), { ...PASS, ...rules }, response);
  return { exchange, response, socket, connection };
}

/** An upstream side that counts what the exchange does to it. */
export class FakeUpstreamSide {
  pauses = 0;
  resumes = 0;
  cancels = 0;
  pause(): void {
    this.pauses++;
  }
  resume(): void {
    this.resumes++;
  }
  cancel(): void {
    this.cancels++;
  }
}

const stops: (() => void)[] = [];

/** Has `stop` called by the next `stopAll`. */
export const stopLater = (stop: () => void): void => void stops.push(stop);

/** For `afterEach`. */
export function stopAll(): void {
  for (const stop of stops.splice(0)) stop();
}

export interface Pair {
  /** The gateway's end. */
  readonly near: Socket;
  /** The peer's end. */
  readonly far: Socket;
}

/** The two ends of a TCP connection. */
export async function openPair(options: Partial<TcpNetConnectOpts> = {}): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const { port } = server.address() as AddressInfo;
  const near = connect({ port, host: '127.0.0.1', ...options });
  const far = await accepted;
  for (const socket of [near, far]) socket.on('error', () => {});
  stopLater(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

/** Everything that a socket receives until it closes. */
export function readAll(socket: Duplex): { readonly text: () => string; readonly closed: Promise<void> } {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => {});
  return { text: () => text, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}
