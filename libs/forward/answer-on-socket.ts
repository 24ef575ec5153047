import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/**
 * An ordinary HTTP answer on a socket that Node has handed over for an upgrade (a refusal, or an upstream's answer
 * that is no 101). The socket is closed behind it, always: it never goes back to serving requests.
 */
export function answerOnSocket(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on('finish', () => {
    response.detachSocket(socket as Socket);
    socket.end();
    // A peer that never closes its side must not keep the descriptor.
    setTimeout(() => socket.destroy(), 1000).unref();
  });
  return response;
}
