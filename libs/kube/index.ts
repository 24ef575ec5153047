/**
 * What Kubernetes says about bytes, headers and answers, as pure functions without a clock, a socket or a store.
 *
 * This room exists so that exactly one place knows how the API server reads a request. Policy judges the RequestInfo
 * that is made here and the forwarder sends the very bytes it was made from; if the two readings could differ, every
 * rule could be walked around. So the stance is: accept only targets that have one reading, refuse the rest before
 * anything else happens, never decode twice, never rebuild. The rules are in the specification's kube-rules page;
 * where the API server disagrees with it, the API server is right.
 */
export { nameRequiredBy } from './field-selector.ts';
export { parseRequest, MAX_TARGET_LENGTH, type ParsedRequest } from './parse-request.ts';
export { readClusterPrefix, type ClusterPrefix } from './read-cluster-prefix.ts';
export { readRequestHeaders, type ReadHeaders, type RequestHeaders } from './read-request-headers.ts';
export { responseHeadersForClient, trailersForClient, type ResponseHeaderOptions } from './response-headers.ts';
export { isConnectSubresource, isStreamingSubresource, mayUpgrade } from './streaming.ts';
export { statusBody } from './status-body.ts';
export { meetsGlob, readPathPattern, type PathPart } from './path-pattern.ts';
export { decodedHead, foldCase, readingsOfTail, trimEnd } from './proxy-readings.ts';
export { mayBeTried, readPathRegex, type PathRegex } from './path-regex.ts';
export { readImpersonation, type ReadImpersonation } from './read-impersonation.ts';
export { impersonationRequests } from './impersonation-requests.ts';
export { ORIGINAL_USER_KEY } from './header-rules.ts';
export { reservedBeginningOf, reservedByPrefix, type ReservedBeginning } from './reserved-names.ts';
