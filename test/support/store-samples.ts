import { randomBytes, randomUUID } from 'node:crypto';
import type { SessionRecord } from '#identity';
import type { AuditRecord } from '#model';
import type { NewStoredToken } from '#mapping';
import { splitSecrets, type ResourceObject } from '#resources';
import type { Store } from '#store';

export const TEST_KEY = Buffer.from('a key for tests: 32 bytes of it!').toString('base64');
export const OTHER_KEY = Buffer.from('another key, also of 32 bytes ok').toString('base64');

export const silentLog = { info() {}, warn() {}, error() {} };

const API_VERSION = 'gatehouse.dev/v1alpha1';

export function clusterObject(spec: object = {}, name = 'demo'): ResourceObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Cluster',
    metadata: { name },
    spec: {
      server: 'https://demo.example:6443',
      certificateAuthorityData: Buffer.from('a CA').toString('base64'),
      credential: { token: 'the-cluster-token-of-the-gateway' },
      ...spec,
    },
  };
}

export function mappingObject(name: string, value = 'demo'): ResourceObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Mapping',
    metadata: { name },
    spec: { subjects: [{ issuer: 'demo' }], clusters: ['*'], impersonate: { user: { value } } },
  };
}

export function newSession(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: randomUUID(),
    issuer: 'demo',
    issuerUrl: 'https://issuer.example',
    subject: 'alice',
    claims: { sub: 'alice', groups: ['team-a'] },
    createdAtMs: 1_700_000_000_000,
    lastSeenAtMs: 1_700_000_000_000,
    expiresAtMs: 1_700_043_200_000,
    idleTimeoutMs: 3_600_000,
    authenticatedAtSeconds: 1_700_000_000,
    acr: 'urn:mfa',
    ...changes,
  } as SessionRecord;
}

/** An audit record of an allowed list of pods; ids are UUIDv7 of its time. */
export function auditRecord(changes: Partial<AuditRecord> = {}): AuditRecord {
  const receivedAtMs = changes.receivedAtMs ?? Date.now();
  const time = receivedAtMs.toString(16).padStart(12, '0');
  const random = randomBytes(9).toString('hex');
  return {
    auditId: `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6)}`,
    stage: 'ResponseComplete',
    receivedAtMs,
    completedAtMs: receivedAtMs + 5,
    durationMs: 5.25,
    sourceAddress: '192.0.2.7',
    userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/0000000',
    method: 'GET',
    requestUri: '/api/v1/namespaces/team-a/pods?limit=500',
    verb: 'list',
    cluster: 'demo',
    apiGroup: '',
    apiVersion: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: 'team-a',
    name: '',
    username: 'demo:alice',
    issuer: 'demo',
    subject: 'alice',
    groups: ['demo:team-a', 'demo:developers'],
    credentialKind: 'bearer',
    credentialId: '0123456789abcdef',
    mapping: 'people',
    mappedUser: 'demo:alice',
    mappedGroups: ['demo:team-a'],
    decision: 'allow',
    rule: 'team-a',
    reason: 'access rule "team-a" allows it',
    statusCode: 200,
    bytesIn: 0,
    bytesOut: 1024,
    upstreamRequests: 1,
    revision: 7,
    annotations: {},
    servedBy: 'gateway-1/1',
    ...changes,
  };
}

export async function saveCluster(store: Store, input: ResourceObject): Promise<ResourceObject> {
  const { object, secrets } = splitSecrets(input);
  return await store.objects.create(object, secrets);
}

export const withoutSecrets = (input: ResourceObject): ResourceObject => splitSecrets(input).object;

export function tokenOf(subject: string, cluster: ResourceObject): NewStoredToken {
  return {
    issuer: 'demo',
    issuerUrl: 'https://issuer.example',
    subject,
    username: `demo:${subject}`,
    cluster: cluster.metadata.name,
    clusterUid: cluster.metadata.uid ?? '',
    binding: splitSecrets(cluster).binding,
    token: `stored-token-of-${subject}-0123456789`,
    user: `system:serviceaccount:team-a:${subject}`,
    groups: ['system:serviceaccounts'],
  };
}
