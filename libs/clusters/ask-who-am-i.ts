import { GatehouseError } from '#errors';
import type { ClusterConnection } from './open-cluster.ts';

/** Who the API server says that a token is (`SelfSubjectReview`, authentication.k8s.io/v1). */
export interface UpstreamIdentity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string | undefined;
}

const PATH = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const BODY = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Asks a cluster who a bearer token is, over a connection without the gateway's certificate.
 * @throws GatehouseError `storedTokenRejected` where the API server answers 401 or 403, `upstreamUnavailable` otherwise.
 */
export async function askWhoAmI(cluster: ClusterConnection, token: string): Promise<UpstreamIdentity> {
  let statusCode: number;
  let text: string;
  try {
    const answer = await cluster.dispatcher('person').request({
      method: 'POST',
      path: cluster.basePath + PATH,
      headers: {
        host: cluster.hostHeader,
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: BODY,
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
      ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    });
    statusCode = answer.statusCode;
    text = await readLimited(answer.body);
  } catch (cause) {
    throw new GatehouseError(
      'upstreamUnavailable',
      `cluster "${cluster.name}" cannot be reached to ask who the token is`,
      { cause },
    );
  }
  if (statusCode === 401 || statusCode === 403) {
    throw new GatehouseError('storedTokenRejected', `cluster "${cluster.name}" refuses this token (${statusCode})`);
  }
  const userInfo = statusCode === 201 || statusCode === 200 ? readUserInfo(text) : undefined;
  if (!userInfo) {
    throw new GatehouseError(
      'upstreamUnavailable',
      `cluster "${cluster.name}" did not say who the token is (${statusCode})`,
    );
  }
  return userInfo;
}

async function readLimited(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('answer too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
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
