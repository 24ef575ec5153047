import { createHash } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { reasonPhrase, type ClientResponse } from '#http';
import { servePlainFirst } from '../../libs/http/inbound/listener.ts';
import { connectTo } from './ask-gateway.ts';
import { makeCertificate } from './forward-upstream.ts';

export type Answering = (answer: ClientResponse, url: string) => void;

export interface Served {
  readonly port: number;
  readonly caPem: string | undefined;
  /** Requests in the order in which they came, with who read them in front. */
  readonly asked: string[];
  /** Node's requests for `/node-stalled`, whose body nobody reads. */
  readonly stalled: IncomingMessage[];
  /** What a shutdown does first. */
  close(): void;
}

interface Limits {
  readonly headersSeconds?: number;
  readonly idleConnectionSeconds?: number;
}

const stops: (() => Promise<void>)[] = [];

/** Stops what the functions below have started; after each test. */
export async function stopServed(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

/** Has it stopped after the test. */
export const stopLater = (stop: () => Promise<void>): void => void stops.push(stop);

/** A server with plain connections in front. Node's gets `/node` and what is not plain, and answers with the body's SHA-256. */
export async function serve(tls: boolean, answering: Answering, limits: Limits = {}): Promise<Served> {
  const pem = tls ? await makeCertificate() : undefined;
  const { headersSeconds = 30, idleConnectionSeconds = 60 } = limits;
  const http = { headersTimeout: headersSeconds * 1000, connectionsCheckingInterval: 100, noDelay: true };
  const server = pem ? createHttpsServer({ ...http, cert: pem.cert, key: pem.private }) : createHttpServer(http);
  const asked: string[] = [];
  const stalled: IncomingMessage[] = [];
  const connections = servePlainFirst(
    server,
    {
      headersSeconds,
      idleConnectionSeconds,
      reportFault(where, error) {
        throw new Error(where, { cause: error });
      },
    },
    {
      takesPlain: (target) => !target.startsWith('/node'),
      onLost() {},
      onPlain: (request, answer) => {
        asked.push(`plain ${request.url}`);
        answering(answer, request.url);
      },
    },
  );
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`node ${request.url}`);
    if (request.url === '/node-stalled') return void stalled.push(request);
    const hash = createHash('sha256');
    request.on('data', (chunk: Buffer) => hash.update(chunk));
    request.on('end', () => response.end(hash.digest('hex')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    for (const socket of connections.keys()) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as AddressInfo).port,
    caPem: pem?.cert,
    asked,
    stalled,
    close: () => connections.forEach((connection) => connection.close()),
  };
}

export interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  readonly ended: () => boolean;
}

export async function connectClient({ port, caPem }: Served): Promise<Client> {
  const socket = await connectTo({ port, caPem, token: '' });
  let [text, ended] = ['', false];
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('close', () => (ended = true));
  return { socket, text: () => text, ended: () => ended };
}

export const get = (url: string, more = ''): string => `GET ${url} HTTP/1.1\r\nHost: gate\r\n${more}\r\n`;
export const sized = (answer: ClientResponse, body: string): void => {
  answer.writeHead(200, reasonPhrase(200), ['Content-Length', String(body.length)]);
  answer.end(body, 'latin1');
};
