import { isIP } from 'node:net';
import type { AuditRecord } from '#model';

/** `audit.k8s.io/v1` Event, level Metadata; `metadata` is ours, so that kubectl can name a row. */
export interface AuditEvent {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly level: 'Metadata';
  readonly auditID: string;
  readonly stage: string;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: {
    readonly username: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly impersonatedUser?: { readonly username: string; readonly groups?: readonly string[] };
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly apiVersion?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: {
    readonly metadata: object;
    readonly status?: 'Failure';
    readonly message?: string;
    readonly code: number;
  };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Shapes a record as the API server shapes its own, so that tools for one log read the other. What Kubernetes has no
 * field for is an annotation under `gatehouse.dev/`; annotations are text, and absent where there is nothing to say.
 */
export function toAuditEvent(record: AuditRecord): AuditEvent {
  const { auditId, stage, requestUri, verb, username, groups, mappedUser, mappedGroups, statusCode } = record;
  const received = microTime(record.receivedAtMs);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    metadata: { name: auditId, creationTimestamp: new Date(record.receivedAtMs).toISOString().replace(/\.\d+Z$/, 'Z') },
    level: 'Metadata',
    auditID: auditId,
    stage,
    requestURI: requestUri,
    verb,
    user: {
      username,
      ...(groups.length > 0 ? { groups } : {}),
      ...(record.credentialId
        ? { extra: { 'gatehouse.dev/credential-id': [`${record.credentialKind}:${record.credentialId}`] } }
        : {}),
    },
    ...(mappedUser
      ? { impersonatedUser: { username: mappedUser, ...(mappedGroups.length > 0 ? { groups: mappedGroups } : {}) } }
      : {}),
    sourceIPs: isAddress(record.sourceAddress) ? [record.sourceAddress] : [],
    userAgent: record.userAgent,
    ...objectRef(record),
    ...responseStatus(record, statusCode),
    requestReceivedTimestamp: received,
    stageTimestamp: record.completedAtMs === undefined ? received : microTime(record.completedAtMs),
    annotations: annotations(record),
  };
}

/**
 * Readers of Kubernetes' logs parse these as addresses, so a client whose address could not be read has none. A counted
 * record has an IPv6 source as its /64.
 */
const isAddress = (source: string): boolean => isIP(source.split('/', 1)[0] as string) !== 0;

/** Kubernetes writes audit times with six digits (metav1.MicroTime). */
const microTime = (unixMs: number): string => new Date(unixMs).toISOString().replace(/(\.\d{3})Z$/, '$1000Z');

function objectRef(record: AuditRecord): Pick<AuditEvent, 'objectRef'> {
  const { resource, namespace, name, apiGroup, apiVersion, subresource } = record;
  if (!resource) return {};
  return { objectRef: { resource, ...present({ namespace, name, apiGroup, apiVersion, subresource }) } };
}

function responseStatus(record: AuditRecord, code: number): Pick<AuditEvent, 'responseStatus'> {
  if (record.completedAtMs === undefined && code === 0) return {};
  // The reason is ours only where we answered; what an API server says about its own failures is its log's matter.
  const ours = code >= 400 && record.decision !== 'allow';
  return {
    responseStatus: { metadata: {}, ...(ours ? { status: 'Failure' as const, message: record.reason } : {}), code },
  };
}

function annotations(record: AuditRecord): Record<string, string> {
  const values: Record<string, string> = {
    ...record.annotations,
    decision: record.decision,
    rule: record.rule,
    reason: record.reason,
    cluster: record.cluster,
    issuer: record.issuer,
    subject: record.subject,
    mapping: record.mapping,
    method: record.method,
    'bytes-in': String(record.bytesIn),
    'bytes-out': String(record.bytesOut),
    'duration-ms': record.durationMs === undefined ? '' : String(record.durationMs),
    'upstream-requests': String(record.upstreamRequests),
    revision: String(record.revision),
    'served-by': record.servedBy,
  };
  return Object.fromEntries(Object.entries(present(values)).map(([key, value]) => [`gatehouse.dev/${key}`, value]));
}

function present(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}
