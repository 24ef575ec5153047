import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import type { GatewayView } from './world.ts';

export interface AskedWebSocket {
  /** Status line and headers of the answer. */
  readonly head: string;
  readonly socket: TLSSocket;
}

/** Asks a gateway for a WebSocket, on a connection of its own that the caller destroys. */
export function openWebSocket(
  gateway: GatewayView,
  target: string,
  headers: readonly string[],
): Promise<AskedWebSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: readFileSync(gateway.caFile) });
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read);
      resolve({ head: text.slice(0, end), socket });
    };
    socket.on('data', read);
    socket.on('error', reject);
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`,
    );
  });
}
