import type { AuditRecord } from '#model';

type Field = keyof AuditRecord;

/** Fields in the order of their columns. `satisfies` and the check below keep it complete. */
const COLUMNS = {
  auditId: 'audit_id',
  stage: 'stage',
  receivedAtMs: 'received_at_ms',
  completedAtMs: 'completed_at_ms',
  durationMs: 'duration_ms',
  sourceAddress: 'source_address',
  userAgent: 'user_agent',
  method: 'method',
  requestUri: 'request_uri',
  verb: 'verb',
  cluster: 'cluster',
  apiGroup: 'api_group',
  apiVersion: 'api_version',
  resource: 'resource',
  subresource: 'subresource',
  namespace: 'namespace',
  name: 'name',
  username: 'username',
  issuer: 'issuer',
  subject: 'subject',
  groups: 'groups',
  credentialKind: 'credential_kind',
  credentialId: 'credential_id',
  mapping: 'mapping',
  mappedUser: 'mapped_user',
  mappedGroups: 'mapped_groups',
  decision: 'decision',
  rule: 'rule',
  reason: 'reason',
  statusCode: 'status_code',
  bytesIn: 'bytes_in',
  bytesOut: 'bytes_out',
  upstreamRequests: 'upstream_requests',
  revision: 'revision',
  annotations: 'annotations',
  servedBy: 'served_by',
} as const satisfies Record<Field, string>;

export const AUDIT_FIELDS = Object.keys(COLUMNS) as Field[];
export const AUDIT_COLUMNS: readonly string[] = Object.values(COLUMNS);
const WHOLE = new Set<Field>([
  'receivedAtMs',
  'completedAtMs',
  'statusCode',
  'bytesIn',
  'bytesOut',
  'upstreamRequests',
  'revision',
]);

const OPTIONAL = new Set<Field>(['completedAtMs', 'durationMs']);

/** The column's type in PostgreSQL. */
export function auditColumnType(column: string): 'bigint' | 'double precision' | 'text' {
  const field = AUDIT_FIELDS.find((name) => COLUMNS[name] === column) as Field;
  return WHOLE.has(field) ? 'bigint' : field === 'durationMs' ? 'double precision' : 'text';
}

/** What one column value may be, on both databases. */
export type AuditValue = string | number | null;

/** PostgreSQL refuses an index entry of more than 2704 bytes; 512 characters are 2048 bytes at the most. */
const MAX_INDEXED = 512;
const MAX_TEXT = 64 * 1024;

/**
 * Values of a record, in the order of AUDIT_FIELDS, as values that every database takes. One that it refuses would stop
 * all that wait behind it, so what no column can hold (NUL, lone surrogates, fractions, more than fits an index) is
 * replaced, visibly, here.
 */
export function toAuditRow(values: readonly unknown[]): AuditValue[] {
  return AUDIT_FIELDS.map((field, at) => {
    const value = values[at];
    if (typeof value === 'string') return toAuditText(field, value);
    if (typeof value === 'number') return WHOLE.has(field) ? whole(value) : Number.isFinite(value) ? value : null;
    // JSON has no NaN and no undefined: both arrive as null.
    if (value === undefined || value === null) return OPTIONAL.has(field) ? null : WHOLE.has(field) ? 0 : '';
    return clean(JSON.stringify(value), Number.POSITIVE_INFINITY);
  });
}

/** Whether every column takes the record as it is; its text is looked at by the caller, as JSON. */
export function fitsColumns(record: AuditRecord, text: string): boolean {
  if (text.length > MAX_TEXT || record.username.length > MAX_INDEXED || record.auditId.length > MAX_INDEXED)
    return false;
  for (const field of WHOLE) {
    const value = record[field];
    if (!Number.isSafeInteger(value) && !(value === undefined && OPTIONAL.has(field))) return false;
  }
  return true;
}

/** Back from a row as the database gives it, keyed by column. */
export function fromAuditRow(row: Readonly<Record<string, unknown>>): AuditRecord {
  return Object.fromEntries(
    AUDIT_FIELDS.map((field) => {
      const value = row[COLUMNS[field]];
      if (field === 'groups' || field === 'mappedGroups' || field === 'annotations')
        return [field, JSON.parse(String(value))];
      if (field === 'durationMs' || WHOLE.has(field)) return [field, value === null ? undefined : Number(value)];
      return [field, value];
    }),
  ) as unknown as AuditRecord;
}

/** Text as it is stored in this field; what is searched for goes the same way, so that it finds what was stored. */
export function toAuditText(field: Field, text: string): string {
  return clean(text, field === 'username' || field === 'auditId' ? MAX_INDEXED : MAX_TEXT);
}

function clean(text: string, limit: number): string {
  const clipped = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  const wellFormed = clipped.isWellFormed() ? clipped : clipped.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed;
}

function whole(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.trunc(Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
}
