import { parseRequest, readClusterPrefix } from '#kube';
import type { AuditRecord } from '#model';

let counter = 0;

/** A record as the pipeline makes it of this request: `GET /api/v1/pods` by demo:bob, allowed, unless told otherwise. */
export function record(line: string, changes: Partial<AuditRecord> = {}): AuditRecord {
  const [method = '', requestUri = ''] = line.split(' ');
  const prefix = readClusterPrefix(requestUri);
  const parsed = 'target' in prefix ? parseRequest(method, prefix.target) : undefined;
  const info = parsed?.ok ? parsed.request : undefined;
  const receivedAtMs = changes.receivedAtMs ?? 1_700_000_000_000 + counter;
  return {
    auditId: `id-${counter++}`,
    stage: 'ResponseComplete',
    receivedAtMs,
    completedAtMs: receivedAtMs + 1,
    durationMs: 1,
    sourceAddress: '192.0.2.1',
    userAgent: 'test',
    method,
    requestUri,
    verb: info?.verb ?? method.toLowerCase(),
    cluster: prefix.kind === 'cluster' ? prefix.cluster : 'demo',
    apiGroup: info?.group ?? '',
    apiVersion: info?.version ?? '',
    resource: info?.resource ?? '',
    subresource: info?.subresource ?? '',
    namespace: info?.namespace ?? '',
    name: info?.name ?? '',
    username: 'demo:bob',
    issuer: 'demo',
    subject: 'bob',
    groups: ['demo:dev'],
    credentialKind: 'bearer',
    credentialId: 'digest',
    mapping: 'people',
    mappedUser: 'demo:bob',
    mappedGroups: ['demo:dev'],
    decision: 'allow',
    rule: 'some-rule',
    reason: '',
    statusCode: 200,
    bytesIn: 0,
    bytesOut: 0,
    upstreamRequests: 1,
    revision: 1,
    servedBy: '',
    annotations: {},
    ...changes,
  };
}
