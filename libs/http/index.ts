/**
 * HTTP as bytes: what clients send is read, one exchange carries it to an upstream and its response back, a tunnel
 * carries what both sides send after an upgrade. The room knows nothing of users, rules or Kubernetes; whoever calls it
 * decides what is sent (`UpstreamRequest`) and what the client may have of the response (`ResponseRules`).
 *
 * It exists so that every callback that Node calls is in one place, within one error boundary (boundary.ts): what a
 * callback throws, or a promise rejects, ends that exchange and nothing else. Plain GETs and short reads are read and
 * written by our own HTTP/1.1 code, since Node's objects are the larger part of what a short request costs (ADR 17 and
 * 22); a setting turns it off, and Node's server and undici then carry everything.
 */
export { asSocket } from './deliver.ts';
export { reasonPhrase, type ClientRequest, type ClientResponse, type PlainRequest } from './messages.ts';
export { cutResponse, Exchange } from './exchange.ts';
export type {
  ExchangeOutcome,
  ExchangeTimes,
  Refusal,
  ResponseRules,
  RunningExchange,
  UpstreamRequest,
} from './exchange-contract.ts';
export { ignoreError, type ReportFault } from './boundary.ts';
export { closeDelivered } from './deliver.ts';
export { endWith, responseOnSocket } from './inbound/response-on-socket.ts';
export { openListener, type KeyPair, type Listener, type RequestHandlers } from './inbound/listener.ts';
export {
  openUpstream,
  type ConnectionStats,
  type UpstreamConnections,
  type UpstreamOptions,
} from './upstream/connections.ts';
export type { PoolLimits } from './upstream/http1-pool.ts';
export type { UpgradeClient } from './upstream/upgrade.ts';
