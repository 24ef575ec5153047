import { Exchange, type ClientResponse, type RunningExchange, type UpgradeClient, type UpstreamRequest } from '#http';
import type { Grant, RequestInfo } from '#model';
import { buildUpstreamHeaders } from './build-upstream-headers.ts';
import { ClusterResponseRules } from './response-rules.ts';
import type { CredentialUse, ForwardInput } from './ports.ts';

/**
 * Forwards one request and streams the response. The outcome resolves when the exchange is over, whichever side ended
 * it, and never rejects for a fault of client or upstream.
 * @throws GatehouseError `internal` where a precondition does not hold; nothing has been sent then.
 */
export function forwardRequest(input: ForwardInput, response: ClientResponse): RunningExchange {
  const { headers, upstream, grant } = input;
  const upstreamHeaders = buildUpstreamHeaders(input);
  if (headers.hasBody && headers.contentLength !== undefined)
    upstreamHeaders.push('Content-Length', String(headers.contentLength));
  const exchange = new Exchange(requestFor(input, upstreamHeaders), new ClusterResponseRules(input), response);
  const problem = credentialProblem(input);
  if (problem) exchange.fail('upstreamUnavailable', problem, undefined);
  if (!exchange.finished) upstream.connections(useOf(grant)).send(exchange);
  return exchange;
}

/**
 * Forwards an upgrade (WebSocket or SPDY/3.1) over a connection of its own and tunnels the bytes; see `#http`.
 * @throws GatehouseError `internal` where a precondition does not hold; nothing has been sent then.
 */
export function forwardUpgrade(input: ForwardInput, client: UpgradeClient): RunningExchange {
  const { headers, upstream, grant, decision } = input;
  const upstreamHeaders = buildUpstreamHeaders(input);
  upstreamHeaders.push('Connection', 'Upgrade', 'Upgrade', headers.upgrade === 'spdy' ? 'SPDY/3.1' : 'websocket');
  if (decision.request.method !== 'GET') upstreamHeaders.push('Content-Length', '0');
  const problem = credentialProblem(input);
  if (problem) return refused(problem);
  const request = requestFor(input, upstreamHeaders);
  return upstream.connections(useOf(grant)).upgrade(request, new ClusterResponseRules(input), client);
}

function requestFor(input: ForwardInput, headers: readonly string[]): UpstreamRequest {
  const { decision, upstream, timeouts, maxBodyBytes, body, flow } = input;
  const { request } = decision;
  const { hasBody } = input.headers;
  return {
    upstream: `cluster "${upstream.name}"`,
    method: request.method,
    path: upstream.basePath + request.target,
    headers,
    body: hasBody ? body : undefined,
    maxBodyBytes,
    flow,
    kind: request.longRunning ? (sharesConnection(request) && !hasBody ? 'shared' : 'long') : 'short',
    times: {
      shortRequestMs: timeouts.shortRequestSeconds * 1000,
      stalledReaderMs: timeouts.stalledReaderSeconds * 1000,
      stalledStreamMs: timeouts.stalledStreamSeconds * 1000,
    },
  };
}

/**
 * Watches and logs: many at once, open for long, cheap over one connection. Short requests are not (undici's HTTP/2
 * costs twice its HTTP/1.1), and what a proxied application does is its own.
 */
function sharesConnection(request: RequestInfo): boolean {
  return request.method === 'GET' && request.isResource && (request.verb === 'watch' || request.subresource === 'log');
}

const useOf = (grant: Grant): CredentialUse => (grant.mode === 'impersonate' ? 'gateway' : 'person');

function credentialProblem({ grant, upstream }: ForwardInput): string | undefined {
  if (grant.mode !== 'impersonate' || !upstream.credentialProblem) return undefined;
  return `cluster "${upstream.name}": ${upstream.credentialProblem}`;
}

function refused(message: string): RunningExchange {
  const refusal = { code: 'upstreamUnavailable' as const, message };
  return {
    outcome: Promise.resolve({ statusCode: 0, bytesIn: 0, bytesOut: 0, upstreamRequests: 0, refusal }),
    abort() {},
  };
}
