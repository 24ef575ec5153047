import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TrafficRecorder {
  readonly port: number;
  /** What came from the client's side since the start. */
  counts(): { connections: number; bytes: number };
  stop(): Promise<void>;
}

/** A TCP relay that counts what passes towards the target: it sees bytes, so nobody can send some and say otherwise. */
export async function recordTraffic(targetPort: number): Promise<TrafficRecorder> {
  let connections = 0;
  let bytes = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    connections++;
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (chunk) => (bytes += chunk.length));
    client.pipe(target).pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    counts: () => ({ connections, bytes }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
