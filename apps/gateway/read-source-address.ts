import type { IncomingMessage } from 'node:http';
import { readRequestHeaders } from '#kube';
import type { AddressReader } from '#pipeline';

/** The client's address of a control-plane request, read as on API paths. */
export function readSourceAddress(request: IncomingMessage, addresses: AddressReader): string {
  const read = readRequestHeaders(request.rawHeaders);
  return addresses.read(request.socket.remoteAddress, read.ok ? read.headers.forwardedFor : undefined).address;
}
