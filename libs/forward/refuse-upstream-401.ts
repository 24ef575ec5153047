import type { ErrorCode } from '#errors';
import type { Grant, RequestInfo } from '#model';

/**
 * A 401 of the API server never reaches the client as one: client-go would throw its own, good credential away.
 * What failed is the gateway's credential, or the person's stored token. A pod's page behind the proxy may answer
 * 401 for itself, and that is relayed.
 */
export function refusalOfUpstream401(grant: Grant, request: RequestInfo): { code: ErrorCode } | undefined {
  if (request.subresource === 'proxy') return undefined;
  return { code: grant.mode === 'storedToken' ? 'storedTokenRejected' : 'upstreamCredentialRejected' };
}
