import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What goes into one column, as a JSON array in this order. */
const DETAILS =
  'source_address user_agent method request_uri api_group api_version subresource name subject groups credential_kind credential_id mapping mapped_user mapped_groups reason bytes_in bytes_out upstream_requests revision'.split(
    ' ',
  );
const WHOLE = new Set(['bytes_in', 'bytes_out', 'upstream_requests', 'revision']);
const JSON_TEXT = new Set(['groups', 'mapped_groups']);
/** What keeps a column of its own. */
const KEPT =
  'audit_id, stage, received_at_ms, completed_at_ms, duration_ms, username, issuer, verb, cluster, resource, namespace, decision, rule, status_code, served_by, annotations';

const viewOf = (detail: (column: string, at: number) => string): string =>
  `CREATE VIEW audit_events AS SELECT ${KEPT}, ${DETAILS.map((column, at) => `${detail(column, at)} AS ${column}`).join(', ')} FROM audit_log`;

const POSTGRES = [
  'ALTER TABLE audit_events RENAME TO audit_log',
  'ALTER TABLE audit_log ADD COLUMN details text',
  `UPDATE audit_log SET details = json_build_array(${DETAILS.map((column) => (JSON_TEXT.has(column) ? `${column}::json` : column)).join(', ')})::text`,
  'ALTER TABLE audit_log ALTER COLUMN details SET NOT NULL',
  `ALTER TABLE audit_log ${DETAILS.map((column) => `DROP COLUMN ${column}`).join(', ')}`,
  viewOf((column, at) => `(details::json ->> ${at})${WHOLE.has(column) ? '::bigint' : ''}`),
];

const SQLITE = [
  `CREATE TABLE audit_log (seq integer PRIMARY KEY, audit_id text NOT NULL UNIQUE, stage text NOT NULL,
    received_at_ms bigint NOT NULL, completed_at_ms bigint, duration_ms double precision, username text NOT NULL,
    issuer text NOT NULL, verb text NOT NULL, cluster text NOT NULL, resource text NOT NULL, namespace text NOT NULL,
    decision text NOT NULL, rule text NOT NULL, status_code bigint NOT NULL, served_by text NOT NULL,
    annotations text NOT NULL, details text NOT NULL)`,
  `INSERT INTO audit_log (${KEPT}, details)
    SELECT ${KEPT}, json_array(${DETAILS.map((column) => (JSON_TEXT.has(column) ? `json(${column})` : column)).join(', ')})
    FROM audit_events ORDER BY received_at_ms, audit_id`,
  'DROP TABLE audit_events',
  'CREATE INDEX audit_log_received ON audit_log (received_at_ms)',
  `CREATE INDEX audit_log_open ON audit_log (served_by) WHERE stage = 'ResponseStarted'`,
  // By person: entered many at a time, up to a mark.
  `CREATE TABLE audit_people (username text NOT NULL, received_at_ms bigint NOT NULL, seq integer NOT NULL,
    PRIMARY KEY (username, received_at_ms, seq)) WITHOUT ROWID`,
  'INSERT INTO audit_people SELECT username, received_at_ms, seq FROM audit_log ORDER BY 1, 2, 3',
  'CREATE TABLE audit_people_upto (seq integer NOT NULL)',
  'INSERT INTO audit_people_upto SELECT coalesce(max(seq), 0) FROM audit_log',
  viewOf((_column, at) => `details ->> ${at}`),
];

/**
 * A record costs what its columns and indexes cost, so there are half as many columns, and in SQLite no index that
 * each record changes elsewhere. `audit_events` stays as a view with a column for each field, for whoever reads by SQL.
 */
export class CompactAudit1764500000000 implements MigrationInterface {
  readonly name = 'CompactAudit1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = runner.connection.options.type === 'postgres' ? POSTGRES : SQLITE;
    for (const statement of statements) await runner.query(statement);
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
