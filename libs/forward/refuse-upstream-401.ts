import type { ErrorCode } from '#errors';
import type { Grant, RequestInfo } from '#model';

/**
 * A 401 of the API server never reaches the client as one: client-go would throw its own, good credential away.
 * What failed is the gateway's credential, the person's stored token, or a token just given. A pod's page behind the proxy may answer
 * 401 for itself, and that is relayed.
 */
export function refusalOfUpstream401(grant: Grant, request: RequestInfo): { code: ErrorCode } | undefined {
  return request.subresource === 'proxy' ? undefined : { code: CODE_OF_MODE[grant.mode] };
}

const CODE_OF_MODE = {
  impersonate: 'upstreamCredentialRejected',
  storedToken: 'storedTokenRejected',
  serviceAccount: 'serviceAccountTokenRejected',
} as const satisfies Record<Grant['mode'], ErrorCode>;
