/**
 * Stage 4: an allowed Decision and a Grant become one upstream request, streamed both ways.
 *
 * What could go wrong here is worse than anywhere else: the gateway's own credential may impersonate people, so a
 * request that loses its identity headers runs as the gateway. Every precondition is therefore checked again right
 * before the headers are written, and a failed check sends nothing. The target that goes out is the one in the
 * Decision, never the one on the socket.
 */
export { buildUpstreamHeaders } from './build-upstream-headers.ts';
export { forwardRequest, forwardUpgrade } from './forward-request.ts';
export { utf8HeaderValue } from './encode-header-value.ts';
export type { CredentialUse, ForwardInput, ForwardTimeouts, Upstream } from './ports.ts';
