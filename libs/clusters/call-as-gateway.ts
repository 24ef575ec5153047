import { describeConnectFailure, GatehouseError } from '#errors';
import { callCluster, type ClusterAnswer, type ClusterCall } from './call-cluster.ts';
import type { ClusterConnection } from './open-cluster.ts';

/** A request that the gateway made for itself, with its own credential, for the audit log. */
export interface OwnCall {
  readonly auditId: string;
  readonly receivedAtMs: number;
  readonly durationMs: number;
  readonly cluster: string;
  readonly method: string;
  readonly target: string;
  /** False where its start record could not be saved, so that it was not sent. */
  readonly sent: boolean;
  /** 0 where no answer came. */
  readonly statusCode: number;
  readonly reason: string;
  /** Audit id of the request that it was made for, if it was made for one. */
  readonly onBehalfOf: string | undefined;
}

/** What is known of such a request before it is sent. */
export type OwnCallStart = Omit<OwnCall, 'durationMs' | 'sent' | 'statusCode'>;

export interface OwnCallPorts {
  now(): number;
  newAuditId(nowMs: number): string;
  /** Resolves when the call may be sent; undefined where it may at once. @throws GatehouseError auditUnavailable. */
  begin(call: OwnCallStart): Promise<void> | undefined;
  record(call: OwnCall): void;
}

export interface OwnRequest extends Pick<ClusterCall, 'method' | 'path' | 'body' | 'contentType' | 'headers'> {
  /** Without any credential. */
  readonly anonymous?: boolean;
  /** Sent in place of the gateway's own credential; never logged. */
  readonly token?: string;
  /** Why, for the record. */
  readonly reason: string;
  readonly onBehalfOf?: string;
}

/**
 * Calls a cluster as the gateway itself: under an Audit-ID of its own, by which this record and the API server's find
 * each other, and recorded however it ends.
 * @throws GatehouseError `upstreamUnavailable` where there is no usable credential or no answer, `outOfDescriptors`.
 */
export async function callAsGateway(
  cluster: ClusterConnection,
  request: OwnRequest,
  ports: OwnCallPorts,
): Promise<ClusterAnswer> {
  const { reason, onBehalfOf, anonymous = false, token, ...call } = request;
  const isOwn = !anonymous && token === undefined;
  if (cluster.credentialProblem && isOwn)
    throw new GatehouseError('upstreamUnavailable', `cluster "${cluster.name}": ${cluster.credentialProblem}`);
  const receivedAtMs = ports.now();
  const auditId = ports.newAuditId(receivedAtMs);
  const startedAt = performance.now();
  let statusCode = 0;
  let sent = false;
  const start: OwnCallStart = {
    auditId,
    receivedAtMs,
    cluster: cluster.name,
    method: call.method,
    target: call.path,
    reason,
    onBehalfOf,
  };
  try {
    await ports.begin(start);
    sent = true;
    const answer = await callCluster(cluster, {
      ...call,
      use: isOwn ? 'gateway' : 'person',
      authorization: isOwn ? cluster.gatewayAuthorization() : token && `Bearer ${token}`,
      headers: { ...call.headers, 'audit-id': auditId },
    });
    statusCode = answer.statusCode;
    return answer;
  } catch (cause) {
    if (!sent) throw cause;
    const { code, message } = describeConnectFailure(cause, `cluster "${cluster.name}"`);
    throw new GatehouseError(code, message, { cause });
  } finally {
    ports.record({
      ...start,
      durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
      sent,
      statusCode,
    });
  }
}
