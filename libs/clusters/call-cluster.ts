import type { ClusterConnection, CredentialUse } from './open-cluster.ts';

export interface ClusterCall {
  readonly use: CredentialUse;
  /** `Bearer …`; undefined where the connection's certificate speaks. */
  readonly authorization: string | undefined;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Behind the cluster's base path. */
  readonly path: string;
  /** Sent as JSON, which is YAML too, so that it may be an apply patch. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ClusterAnswer {
  readonly statusCode: number;
  readonly text: string;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * One short request of the gateway's own, answered whole. Any status is an answer.
 * @throws what the network throws, and for an answer larger than 4 MiB.
 */
export async function callCluster(cluster: ClusterConnection, call: ClusterCall): Promise<ClusterAnswer> {
  const answer = await cluster.connections(call.use).request({
    method: call.method,
    path: cluster.basePath + call.path,
    headers: {
      host: cluster.hostHeader,
      accept: 'application/json',
      ...(call.authorization === undefined ? {} : { authorization: call.authorization }),
      ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  return { statusCode: answer.statusCode, text: await readLimited(answer.body) };
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
