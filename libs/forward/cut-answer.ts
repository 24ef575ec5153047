import { TLSSocket } from 'node:tls';
import type { ClientAnswer } from '#http1';

/**
 * Cuts an answer whose end will not come, so that no client can take what it has for the whole. Over TLS the missing
 * close_notify says it. Without TLS an HTTP/1.0 client (nginx as a proxy in front) reads the end of the connection as
 * the end of the body, so that only a reset will do.
 */
export function cutAnswer(response: ClientAnswer): void {
  const { socket } = response;
  if (socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  response.destroy();
}
