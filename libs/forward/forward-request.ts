import type { ClientAnswer } from '#http1';
import type { RequestInfo } from '#model';
import { buildUpstreamHeaders } from './build-upstream-headers.ts';
import { Exchange } from './exchange.ts';
import type { ForwardInput, Forwarding } from './ports.ts';
import { Http1Sender } from './send-over-http1.ts';
import { Http2Sender } from './send-over-http2.ts';

/**
 * Forwards one request and streams the answer. The outcome resolves when the exchange is over, whichever side ended
 * it, and never rejects for a fault of client or upstream.
 * @throws GatehouseError `internal` where a precondition does not hold; nothing has been sent then.
 */
export function forwardRequest(input: ForwardInput, response: ClientAnswer): Forwarding {
  const { grant, upstream, headers } = input;
  const upstreamHeaders = buildUpstreamHeaders(input);
  if (headers.hasBody && headers.contentLength !== undefined)
    upstreamHeaders.push('Content-Length', String(headers.contentLength));
  const exchange = new Exchange(input, response);
  if (grant.mode === 'impersonate' && upstream.credentialProblem)
    exchange.fail('upstreamUnavailable', `cluster "${upstream.name}": ${upstream.credentialProblem}`, undefined);
  if (exchange.finished) return exchange;
  if (sharesConnection(input.decision.request) && !headers.hasBody)
    void new Http2Sender(exchange, input, upstreamHeaders).send();
  else new Http1Sender(exchange, input, upstreamHeaders).send();
  return exchange;
}

/**
 * Watches and logs: many at once, open for long, cheap over one connection. Short requests are not (undici's HTTP/2
 * costs twice its HTTP/1.1), and what a proxied application does is its own.
 */
function sharesConnection(request: RequestInfo): boolean {
  return request.method === 'GET' && request.isResource && (request.verb === 'watch' || request.subresource === 'log');
}
