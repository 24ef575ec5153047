import { EntitySchema } from 'typeorm';
import { json, key, text, whole, wholeOrNull } from './columns.ts';

/** An AuditRecord as it is stored; see audit-row.ts. The view `audit_events` has a column for each field. */
export interface AuditEventRow {
  auditId: string;
  stage: string;
  receivedAtMs: number;
  completedAtMs: number | null;
  durationMs: number | null;
  username: string;
  issuer: string;
  verb: string;
  cluster: string;
  resource: string;
  namespace: string;
  decision: string;
  rule: string;
  statusCode: number;
  servedBy: string;
  annotations: Record<string, string>;
  details: unknown[];
}

export const AuditEventEntity = new EntitySchema<AuditEventRow>({
  name: 'AuditEvent',
  tableName: 'audit_log',
  columns: {
    auditId: key('audit_id'),
    stage: text('stage'),
    receivedAtMs: whole('received_at_ms'),
    completedAtMs: wholeOrNull('completed_at_ms'),
    durationMs: { name: 'duration_ms', type: 'double precision', nullable: true },
    username: text('username'),
    issuer: text('issuer'),
    verb: text('verb'),
    cluster: text('cluster'),
    resource: text('resource'),
    namespace: text('namespace'),
    decision: text('decision'),
    rule: text('rule'),
    statusCode: whole('status_code'),
    servedBy: text('served_by'),
    annotations: json('annotations'),
    details: json('details'),
  },
});
