// kube-apiserver refuses to connect to loopback addresses for services and
// pods, and pods of the test bed have addresses that lead nowhere. Its egress
// selector asks an HTTP CONNECT proxy instead: this one, on a unix socket, which
// knows that a pod's address means a page on this machine.
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';

/** Says where a connection to `host:port` really goes; undefined = refuse. */
export type ResolveTarget = (host: string, port: number) => Promise<number | undefined>;

/** Starts the proxy on the unix socket `path`, for as long as the process lives; all targets are loopback ports. */
export async function proxyEgress(path: string, resolve: ResolveTarget): Promise<void> {
  const server = createServer((_, answer) => answer.writeHead(405).end());
  server.on('connect', (request, client: Socket, head: Buffer) => {
    client.on('error', () => client.destroy());
    void tunnel(request.url ?? '', client, head, resolve);
  });
  await new Promise<void>((ready, reject) => {
    server.once('error', reject);
    server.listen(path, ready);
  });
}

async function tunnel(authority: string, client: Socket, head: Buffer, resolve: ResolveTarget): Promise<void> {
  const match = /^\[?([^\]]+)\]?:(\d+)$/.exec(authority);
  const port = match && (await resolve(match[1] ?? '', Number(match[2])).catch(() => undefined));
  if (!port) {
    client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  const upstream = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  upstream.once('connect', () => {
    // The API server takes bytes that arrive together with this answer for an error, so nothing may follow at once.
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client);
    client.pipe(upstream);
  });
  upstream.once('error', () => client.destroy());
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
}
