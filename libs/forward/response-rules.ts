import type { ErrorCode } from '#errors';
import type { Refusal, ResponseRules } from '#http';
import { responseHeadersForClient, trailersForClient } from '#kube';
import type { Grant, RequestInfo } from '#model';
import type { ForwardInput } from './ports.ts';

/** What a client may have of a cluster's response. */
export class ClusterResponseRules implements ResponseRules {
  readonly #input: ForwardInput;

  constructor(input: ForwardInput) {
    this.#input = input;
  }

  head(statusCode: number, rawHeaders: readonly string[]): string[] | Refusal {
    const { grant, decision, clusterPrefix, upstream, auditId, headers, warnings } = this.#input;
    const refusal = statusCode === 401 ? refusalOfUpstream401(grant, decision.request) : undefined;
    if (refusal) return refusal;
    const out = responseHeadersForClient(rawHeaders, {
      clusterPrefix,
      upstreamHost: upstream.hostHeader,
      basePath: upstream.basePath,
      browser: headers.secFetchSite !== undefined,
      auditId,
      streams: statusCode === 101 || isStreamed(decision.request),
    });
    if (warnings && statusCode !== 101) for (const warning of warnings) out.push('Warning', warning);
    return out;
  }

  trailers(rawTrailers: readonly string[]): [string, string][] {
    return trailersForClient(rawTrailers);
  }
}

/** A page behind a proxy is a stream only by its content type; logs without `follow` lose nothing by it. */
const isStreamed = ({ verb, subresource }: RequestInfo): boolean =>
  verb === 'watch' || verb === 'proxy' || subresource === 'log';

/**
 * A 401 of the API server never reaches the client as one: client-go would throw its own, good credential away. What
 * failed is the gateway's credential, the user's stored token, or a token just given. A pod's page behind the proxy may
 * respond 401 for itself, and that is relayed.
 */
function refusalOfUpstream401(grant: Grant, request: RequestInfo): Refusal | undefined {
  return request.subresource === 'proxy' ? undefined : { code: CODE_OF_MODE[grant.mode] };
}

const CODE_OF_MODE = {
  impersonate: 'upstreamCredentialRejected',
  storedToken: 'storedTokenRejected',
  serviceAccount: 'serviceAccountTokenRejected',
} as const satisfies Record<Grant['mode'], ErrorCode>;
