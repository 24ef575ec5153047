import { GatehouseError } from '#errors';
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
  /** 0 where no answer came. */
  readonly statusCode: number;
  readonly reason: string;
  /** Audit id of the request that it was made for, if it was made for one. */
  readonly onBehalfOf: string | undefined;
}

export interface OwnCallPorts {
  now(): number;
  newAuditId(nowMs: number): string;
  record(call: OwnCall): void;
}

export interface OwnRequest extends Pick<ClusterCall, 'method' | 'path' | 'body' | 'contentType' | 'headers'> {
  /** Without any credential. */
  readonly anonymous?: boolean;
  /** Why, for the record. */
  readonly reason: string;
  readonly onBehalfOf?: string;
}

/**
 * Calls a cluster as the gateway itself: under an Audit-ID of its own, by which this record and the API server's find
 * each other, and recorded however it ends.
 * @throws GatehouseError `upstreamUnavailable` where there is no usable credential or no answer.
 */
export async function callAsGateway(
  cluster: ClusterConnection,
  request: OwnRequest,
  ports: OwnCallPorts,
): Promise<ClusterAnswer> {
  const { reason, onBehalfOf, anonymous = false, ...call } = request;
  if (cluster.credentialProblem && !anonymous)
    throw new GatehouseError('upstreamUnavailable', `cluster "${cluster.name}": ${cluster.credentialProblem}`);
  const receivedAtMs = ports.now();
  const auditId = ports.newAuditId(receivedAtMs);
  const startedAt = performance.now();
  let statusCode = 0;
  try {
    const answer = await callCluster(cluster, {
      ...call,
      use: anonymous ? 'person' : 'gateway',
      authorization: anonymous ? undefined : cluster.gatewayAuthorization(),
      headers: { ...call.headers, 'audit-id': auditId },
    });
    statusCode = answer.statusCode;
    return answer;
  } catch (cause) {
    throw new GatehouseError('upstreamUnavailable', `cluster "${cluster.name}" cannot be reached`, { cause });
  } finally {
    ports.record({
      auditId,
      receivedAtMs,
      durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
      cluster: cluster.name,
      method: call.method,
      target: call.path,
      statusCode,
      reason,
      onBehalfOf,
    });
  }
}
