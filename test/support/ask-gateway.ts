import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface AskTarget {
  readonly port: number;
  readonly token: string;
  /** Undefined where the gateway serves without TLS. */
  readonly caPem: string | undefined;
}

export interface Asked {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Why the answer is not whole; undefined where it is. */
  readonly broken: string | undefined;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly token?: string;
  /** Absent: a connection of its own. */
  readonly agent?: Agent;
}

/** A request whose answer the caller reads. */
export function open(target: AskTarget, path: string, options: AskOptions = {}): ClientRequest {
  const request = target.caPem === undefined ? httpRequest : httpsRequest;
  return request({
    host: '127.0.0.1',
    port: target.port,
    ca: target.caPem,
    agent: options.agent ?? false,
    method: options.method ?? 'GET',
    path,
    headers: { authorization: `Bearer ${options.token ?? target.token}`, ...options.headers },
  });
}

/** The head of an answer; its body is not read before somebody does. @throws where none comes. */
export function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
}

/** One request on a connection of its own, read to its end, however it ends. */
export async function ask(target: AskTarget, path: string, options: AskOptions = {}): Promise<Asked> {
  const request = open(target, path, options);
  request.end(options.body);
  const answer = await answerOf(request);
  request.on('error', () => {});
  const chunks: Buffer[] = [];
  let broken: string | undefined;
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('error', (error) => (broken = String(error)));
  await new Promise<void>((resolve) => answer.once('close', resolve));
  if (!answer.complete) broken ??= 'not complete';
  return {
    status: answer.statusCode ?? 0,
    rawHeaders: answer.rawHeaders,
    headers: answer.headers,
    trailers: answer.trailers,
    body: Buffer.concat(chunks),
    broken,
  };
}

/** A connection whose bytes the test writes and reads itself. */
export async function connectTo(target: AskTarget): Promise<Socket> {
  const options = { host: '127.0.0.1', port: target.port };
  const socket = target.caPem === undefined ? connectTcp(options) : connectTls({ ...options, ca: target.caPem });
  await new Promise<void>((resolve, reject) => {
    socket.once(target.caPem === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

/** Waits until it holds. @throws where it does not within `milliseconds`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  milliseconds: number,
  what: string,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
