import { request, type RequestOptions } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import type { SmallWorld } from './small-world.ts';

export interface SmallAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface SmallRequest {
  readonly token?: string | undefined;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** A connection of its own where absent. */
  readonly agent?: RequestOptions['agent'];
}

/** One request, whole. */
export async function ask(world: SmallWorld, path: string, options: SmallRequest = {}): Promise<SmallAnswer> {
  const outbound = begin(world, path, options);
  outbound.end(options.body);
  return await readAnswer(outbound);
}

/** A request that the caller goes on writing, or aborts. */
export function begin(world: SmallWorld, path: string, options: SmallRequest = {}): ClientRequest {
  return request({
    host: '127.0.0.1',
    port: world.port,
    ca: world.ca,
    agent: options.agent ?? false,
    method: options.method ?? 'GET',
    path,
    headers: { ...(options.token ? { authorization: `Bearer ${options.token}` } : {}), ...options.headers },
  });
}

export function readAnswer(outbound: ClientRequest): Promise<SmallAnswer> {
  return new Promise((resolve, reject) => {
    outbound.on('error', reject);
    outbound.on('response', (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      answer.on('error', reject);
    });
  });
}

/** A watch that has begun, or the answer that refused it. `stop` aborts it. */
export async function watch(
  world: SmallWorld,
  token: string,
  path = '/api/v1/pods?watch=1',
): Promise<{ status: number; headers: IncomingMessage['headers']; answer: IncomingMessage; stop: () => void }> {
  const outbound = begin(world, path, { token });
  outbound.end();
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    outbound.on('error', reject);
    outbound.on('response', resolve);
  });
  answer.on('error', () => {});
  answer.resume();
  return { status: answer.statusCode ?? 0, headers: answer.headers, answer, stop: () => outbound.destroy() };
}

/** A TLS connection to the gateway, ready for bytes. */
export async function connectTo(world: SmallWorld): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: world.port, ca: world.ca });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

/** All that comes until the other side closes. */
export function readAll(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve(text));
  });
}

/** Waits until this holds; @throws after `withinMs`. */
export async function until(holds: () => boolean, withinMs = 5_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`still not so after ${withinMs} ms: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
