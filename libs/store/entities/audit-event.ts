import { EntitySchema } from 'typeorm';
import { json, key, text, whole, wholeOrNull } from './columns.ts';

/** An AuditRecord, with null where it has undefined. */
export interface AuditEventRow {
  auditId: string;
  stage: string;
  receivedAtMs: number;
  completedAtMs: number | null;
  durationMs: number | null;
  sourceAddress: string;
  userAgent: string;
  method: string;
  requestUri: string;
  verb: string;
  cluster: string;
  apiGroup: string;
  apiVersion: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  username: string;
  issuer: string;
  subject: string;
  groups: string[];
  credentialKind: string;
  credentialId: string;
  mapping: string;
  mappedUser: string;
  mappedGroups: string[];
  decision: string;
  rule: string;
  reason: string;
  statusCode: number;
  bytesIn: number;
  bytesOut: number;
  upstreamRequests: number;
  revision: number;
  annotations: Record<string, string>;
  servedBy: string;
}

export const AuditEventEntity = new EntitySchema<AuditEventRow>({
  name: 'AuditEvent',
  tableName: 'audit_events',
  columns: {
    auditId: key('audit_id'),
    stage: text('stage'),
    receivedAtMs: whole('received_at_ms'),
    completedAtMs: wholeOrNull('completed_at_ms'),
    durationMs: { name: 'duration_ms', type: 'double precision', nullable: true },
    sourceAddress: text('source_address'),
    userAgent: text('user_agent'),
    method: text('method'),
    requestUri: text('request_uri'),
    verb: text('verb'),
    cluster: text('cluster'),
    apiGroup: text('api_group'),
    apiVersion: text('api_version'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
    username: text('username'),
    issuer: text('issuer'),
    subject: text('subject'),
    groups: json('groups'),
    credentialKind: text('credential_kind'),
    credentialId: text('credential_id'),
    mapping: text('mapping'),
    mappedUser: text('mapped_user'),
    mappedGroups: json('mapped_groups'),
    decision: text('decision'),
    rule: text('rule'),
    reason: text('reason'),
    statusCode: whole('status_code'),
    bytesIn: whole('bytes_in'),
    bytesOut: whole('bytes_out'),
    upstreamRequests: whole('upstream_requests'),
    revision: whole('revision'),
    annotations: json('annotations'),
    servedBy: { ...text('served_by'), default: '' },
  },
});
