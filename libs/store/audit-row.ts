import type { AuditRecord } from '#model';

type Field = keyof AuditRecord;

/**
 * Fields with a column of their own: what is searched for, counted, or changed later. Each column costs every request
 * (0.2 µs of SQLite's thread, measured), so that there are no more.
 */
const COLUMNS = {
  auditId: 'audit_id',
  stage: 'stage',
  receivedAtMs: 'received_at_ms',
  completedAtMs: 'completed_at_ms',
  durationMs: 'duration_ms',
  username: 'username',
  issuer: 'issuer',
  verb: 'verb',
  cluster: 'cluster',
  resource: 'resource',
  namespace: 'namespace',
  decision: 'decision',
  rule: 'rule',
  statusCode: 'status_code',
  servedBy: 'served_by',
  annotations: 'annotations',
} as const satisfies Partial<Record<Field, string>>;

/**
 * All other fields stand in the column `details`, a JSON array in this order, with the names that the view
 * `audit_events` gives them. New ones come at the end, and the view is made anew by a migration.
 */
const DETAILS = {
  sourceAddress: 'source_address',
  userAgent: 'user_agent',
  method: 'method',
  requestUri: 'request_uri',
  apiGroup: 'api_group',
  apiVersion: 'api_version',
  subresource: 'subresource',
  name: 'name',
  subject: 'subject',
  groups: 'groups',
  credentialKind: 'credential_kind',
  credentialId: 'credential_id',
  mapping: 'mapping',
  mappedUser: 'mapped_user',
  mappedGroups: 'mapped_groups',
  reason: 'reason',
  bytesIn: 'bytes_in',
  bytesOut: 'bytes_out',
  upstreamRequests: 'upstream_requests',
  revision: 'revision',
} as const satisfies Record<Exclude<Field, keyof typeof COLUMNS>, string>;

const COLUMN_FIELDS = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];
const DETAIL_FIELDS = Object.keys(DETAILS) as (keyof typeof DETAILS)[];
export const AUDIT_COLUMNS: readonly string[] = [...Object.values(COLUMNS), 'details'];
/** Columns that hold JSON as text. */
export const JSON_COLUMNS: ReadonlySet<string> = new Set(['annotations', 'details']);
export const NULL_COLUMNS: ReadonlySet<string> = new Set(['completed_at_ms', 'duration_ms']);
const OPTIONAL = new Set<Field>(['completedAtMs', 'durationMs']);
const WHOLE = new Set<Field>([
  'receivedAtMs',
  'completedAtMs',
  'statusCode',
  'bytesIn',
  'bytesOut',
  'upstreamRequests',
  'revision',
]);
const WHOLE_COLUMNS = new Set(['received_at_ms', 'completed_at_ms', 'status_code']);

/** The column's type in PostgreSQL. */
export function auditColumnType(column: string): 'bigint' | 'double precision' | 'text' {
  return WHOLE_COLUMNS.has(column) ? 'bigint' : column === 'duration_ms' ? 'double precision' : 'text';
}

/** What one column value may be, on both databases. */
export type AuditValue = string | number | null;

/** PostgreSQL refuses an index entry of more than 2704 bytes; 512 characters are 2048 bytes at the most. */
const MAX_INDEXED = 512;
const MAX_TEXT = 64 * 1024;

/** What has no column of its own, in order; JSON.stringify of it is the column `details`. */
export const detailsOf = (record: AuditRecord): unknown[] => [
  record.sourceAddress,
  record.userAgent,
  record.method,
  record.requestUri,
  record.apiGroup,
  record.apiVersion,
  record.subresource,
  record.name,
  record.subject,
  record.groups,
  record.credentialKind,
  record.credentialId,
  record.mapping,
  record.mappedUser,
  record.mappedGroups,
  record.reason,
  record.bytesIn,
  record.bytesOut,
  record.upstreamRequests,
  record.revision,
];

/**
 * The record as every database takes it. A value that one refuses would stop all that wait behind it, so what no column
 * can hold (NUL, lone surrogates, fractions, more than fits an index) is replaced, visibly, here.
 */
export function toStorable(record: AuditRecord): AuditRecord {
  const storable = (field: Field): unknown => {
    const value: unknown = record[field];
    if (typeof value === 'string') return toAuditText(field, value);
    if (typeof value === 'number') return WHOLE.has(field) ? whole(value) : Number.isFinite(value) ? value : undefined;
    if (value === undefined || value === null) return OPTIONAL.has(field) ? undefined : WHOLE.has(field) ? 0 : '';
    if (Array.isArray(value)) return value.map((entry) => clean(String(entry), MAX_TEXT));
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [clean(key, MAX_TEXT), clean(String(entry), MAX_TEXT)]),
    );
  };
  return Object.fromEntries(
    [...COLUMN_FIELDS, ...DETAIL_FIELDS].map((field) => [field, storable(field)]),
  ) as unknown as AuditRecord;
}

/** Whether the record's numbers and indexed texts can be stored as they are; its other texts are looked at as JSON. */
export function fitsColumns(record: AuditRecord): boolean {
  return (
    record.username.length <= MAX_INDEXED &&
    record.auditId.length <= MAX_INDEXED &&
    Number.isSafeInteger(record.receivedAtMs) &&
    (record.completedAtMs === undefined || Number.isSafeInteger(record.completedAtMs)) &&
    (record.durationMs === undefined || Number.isFinite(record.durationMs)) &&
    Number.isSafeInteger(record.statusCode) &&
    Number.isSafeInteger(record.bytesIn) &&
    Number.isSafeInteger(record.bytesOut) &&
    Number.isSafeInteger(record.upstreamRequests) &&
    Number.isSafeInteger(record.revision)
  );
}

/** Back from a row as the database gives it, keyed by column. */
export function fromAuditRow(row: Readonly<Record<string, unknown>>): AuditRecord {
  const details = JSON.parse(String(row.details)) as unknown[];
  return Object.fromEntries([
    ...COLUMN_FIELDS.map((field) => {
      const value = row[COLUMNS[field]];
      if (field === 'annotations') return [field, JSON.parse(String(value))];
      if (field === 'durationMs' || WHOLE.has(field)) return [field, value === null ? undefined : Number(value)];
      return [field, value];
    }),
    ...DETAIL_FIELDS.map((field, at) => [field, details[at]]),
  ]) as unknown as AuditRecord;
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
