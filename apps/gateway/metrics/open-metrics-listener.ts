import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { isLoopbackHost } from '#config';

export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers one path; a thrown error is a 500 without words. */
export type MetricsHandler = (query: URLSearchParams, response: ServerResponse) => Promise<void>;

/**
 * The second listener: plain HTTP, never on the public port, by default for this machine only. On loopback only a
 * loopback name is answered: a web page whose name was made to point here (DNS rebinding) must not read it.
 *
 * @param listen `host:port`.
 * @throws EADDRINUSE, EACCES.
 */
export async function openMetricsListener(
  listen: string,
  handlers: Readonly<Record<string, MetricsHandler>>,
  onError: (error: unknown) => void,
): Promise<MetricsListener> {
  const { host, port } = splitHostPort(listen);
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    if (isLoopbackHost(host) && !isLoopbackHost(splitHostPort(request.headers.host ?? '').host))
      return void response.writeHead(421).end();
    if (request.method !== 'GET') return void response.writeHead(405, { Allow: 'GET' }).end();
    const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
    if (!handler) return void response.writeHead(404).end();
    await handler(new URLSearchParams(query), response);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.on('error', onError);
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function metricsPage(collect: () => Promise<string>): MetricsHandler {
  return async (_query, response) => {
    const page = await collect();
    response.writeHead(200, { 'Content-Type': Registry.PROMETHEUS_CONTENT_TYPE }).end(page);
  };
}

/** `[::1]:9443` → `::1`; a missing port is 0. */
function splitHostPort(text: string): { host: string; port: number } {
  const [, host = '', port = '0'] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
