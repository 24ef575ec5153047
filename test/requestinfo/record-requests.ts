import { createServer, type IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:tls';
import type { KeyedCertificate } from '../cluster/issue-certificates.ts';

export interface RequestRecorder {
  /** Plain HTTP; whoever comes in is the certificate's user. */
  readonly url: string;
  /** Method and target of each request, raw, in the order of their arrival. */
  readonly requests: (readonly [method: string, target: string])[];
  stop(): Promise<void>;
}

/** Passes everything on to an API server, upgrades included, and writes down what was asked. */
export async function recordRequests(
  port: number,
  credential: KeyedCertificate & { caPem: string },
): Promise<RequestRecorder> {
  const requests: (readonly [string, string])[] = [];
  const sockets = new Set<Socket>();
  const tls = { host: '127.0.0.1', port, ca: credential.caPem, cert: credential.certPem, key: credential.keyPem };
  const headersOf = (inbound: IncomingMessage): string[] =>
    inbound.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 && !/^host$/i.test(name) ? [name, all[at + 1]!] : []));
  const server = createServer((inbound, response) => {
    requests.push([inbound.method ?? '', inbound.url ?? '']);
    const options: RequestOptions = {
      ...tls,
      method: inbound.method,
      path: inbound.url,
      headers: ['Host', `127.0.0.1:${port}`, ...headersOf(inbound)] as never,
    };
    const outbound = request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    outbound.on('error', () => response.destroy());
    response.on('close', () => outbound.destroy());
    inbound.pipe(outbound);
  });
  server.on('upgrade', (inbound: IncomingMessage, client: Socket, head: Buffer) => {
    requests.push([inbound.method ?? '', inbound.url ?? '']);
    const upstream = connect(tls, () => {
      const lines = headersOf(inbound).flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
      upstream.write(
        [`${inbound.method} ${inbound.url} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...lines, '', ''].join('\r\n'),
      );
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
