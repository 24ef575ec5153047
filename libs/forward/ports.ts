import type { IncomingMessage } from 'node:http';
import type { UpstreamConnections } from '#http';
import type { RequestHeaders } from '#kube';
import type { AllowedDecision, Grant } from '#model';

/** Whose credential a connection carries; the two never share one, since a client certificate would win over a bearer. */
export type CredentialUse = 'gateway' | 'person';

/** What forwarding needs of a cluster; `#clusters` provides it. */
export interface Upstream {
  readonly name: string;
  /** `host[:port]` of the server, as it goes into `Host`. */
  readonly hostHeader: string;
  /** Path prefix of the server without trailing slash; '' if it has none. */
  readonly basePath: string;
  /** Why the gateway's own credential cannot be used, or undefined when it can. */
  readonly credentialProblem: string | undefined;
  /** `Bearer …` of the gateway where its credential is a token. */
  gatewayAuthorization(): string | undefined;
  connections(use: CredentialUse): UpstreamConnections;
}

export interface ForwardTimeouts {
  /**
   * For requests that are not long-running: until the whole of the client's body, until the first byte of the response
   * after that, and between two bytes of its body.
   */
  readonly shortRequestSeconds: number;
  /** How long a client may read nothing of a short response that waits for it. */
  readonly stalledReaderSeconds: number;
  /** How long the reader of a tunnel that has ended may read nothing of what is left. */
  readonly stalledStreamSeconds: number;
}

/** Everything one forwarding needs; nothing in it can be changed while it runs. */
export interface ForwardInput {
  /** What a body is read from; absent for a plain request, which has none. */
  readonly body: IncomingMessage | undefined;
  readonly decision: AllowedDecision;
  readonly grant: Grant;
  /** The bearer that a ServiceAccountGrant stands for, from this very `upstream`; never logged. Absent for other grants. */
  readonly serviceAccountToken?: string | undefined;
  readonly headers: RequestHeaders;
  readonly upstream: Upstream;
  /** Names the person for a fair share of the upstream's connections, the same for all their credentials. */
  readonly flow: string;
  readonly auditId: string;
  readonly clientAddress: string;
  /** '' for the default cluster's root URLs, else `/clusters/<name>`. */
  readonly clusterPrefix: string;
  readonly timeouts: ForwardTimeouts;
  /** A body that turns out longer is refused with `tooLarge`; Infinity for no limit. */
  readonly maxBodyBytes: number;
  /** Values of `Warning` headers that the response gets. */
  readonly warnings?: readonly string[] | undefined;
}
