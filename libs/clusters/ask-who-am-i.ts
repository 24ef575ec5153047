import { describeConnectFailure, GatehouseError, type ErrorCode } from '#errors';
import { callAsGateway, type OwnCallPorts } from './call-as-gateway.ts';
import { callCluster, type ClusterAnswer } from './call-cluster.ts';
import type { ClusterConnection } from './open-cluster.ts';

/** Who the API server says that a token is (`SelfSubjectReview`, authentication.k8s.io/v1). */
export interface UpstreamIdentity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string | undefined;
}

/** The question of it, a POST. */
export const WHO_AM_I = {
  path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
};

/**
 * Asks a cluster who a bearer token is, over a connection without the gateway's certificate.
 * @throws GatehouseError `storedTokenRejected` where the API server answers 401 or 403, `upstreamUnavailable` otherwise.
 */
export async function askWhoAmI(cluster: ClusterConnection, token: string): Promise<UpstreamIdentity> {
  let answer: ClusterAnswer;
  try {
    const authorization = `Bearer ${token}`;
    answer = await callCluster(cluster, { use: 'person', authorization, method: 'POST', ...WHO_AM_I });
  } catch (cause) {
    const { code, message } = describeConnectFailure(cause, `cluster "${cluster.name}"`);
    throw new GatehouseError(code, `${message}: who the token is could not be asked`, { cause });
  }
  return readReview(answer, cluster.name, 'storedTokenRejected', 'this token');
}

/** @throws GatehouseError `upstreamCredentialRejected`, `upstreamUnavailable`. */
export async function askWhoIsTheGateway(cluster: ClusterConnection, ports: OwnCallPorts): Promise<UpstreamIdentity> {
  const reason = 'the gateway asks who it is';
  const answer = await callAsGateway(cluster, { method: 'POST', ...WHO_AM_I, reason }, ports);
  return readReview(answer, cluster.name, 'upstreamCredentialRejected', 'the gateway’s own credential');
}

function readReview(
  { statusCode, text }: ClusterAnswer,
  cluster: string,
  refused: ErrorCode,
  whose: string,
): UpstreamIdentity {
  if (statusCode === 401 || statusCode === 403)
    throw new GatehouseError(refused, `cluster "${cluster}" refuses ${whose} (${statusCode})`);
  const userInfo = statusCode === 201 || statusCode === 200 ? readUserInfo(text) : undefined;
  if (!userInfo)
    throw new GatehouseError('upstreamUnavailable', `cluster "${cluster}" did not say who ${whose} is (${statusCode})`);
  return userInfo;
}

function readUserInfo(text: string): UpstreamIdentity | undefined {
  try {
    const info = (
      JSON.parse(text) as { status?: { userInfo?: { username?: unknown; groups?: unknown; uid?: unknown } } }
    ).status?.userInfo;
    if (typeof info?.username !== 'string' || info.username === '') return undefined;
    const groups = Array.isArray(info.groups) ? info.groups.filter((group) => typeof group === 'string') : [];
    return { user: info.username, groups, uid: typeof info.uid === 'string' ? info.uid : undefined };
  } catch {
    return undefined;
  }
}
