import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ignoreError, within, type Boundary } from '../boundary.ts';
import { asSocket, closeDelivered } from '../deliver.ts';

/** A client that reads nothing of a last response for this long is cut. */
const STALLED_MS = 60_000;

/**
 * An ordinary HTTP response on a socket that Node has handed over for an upgrade (a refusal, or an upstream's response
 * that is no 101). The socket is closed behind it, always: it never goes back to serving requests.
 */
export function responseOnSocket(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  const owner: Boundary = { broke: () => void socket.destroy() };
  // Writing to a client that has left emits an error on the response.
  response.on('error', ignoreError);
  response.shouldKeepAlive = false;
  response.assignSocket(asSocket(socket));
  // Node's server, which would pass it on to the response, has let go of the socket.
  socket.on(
    'drain',
    within(owner, () => void response.emit('drain')),
  );
  response.on(
    'finish',
    within(owner, () => {
      response.detachSocket(asSocket(socket));
      closeDelivered(socket, STALLED_MS);
    }),
  );
  return response;
}

/** Sends a whole response, as bytes, and closes the socket behind it. */
export function endWith(socket: Duplex, response: string): void {
  if (socket.destroyed) return;
  socket.write(response);
  closeDelivered(socket, STALLED_MS, 1_000);
}
