import { Table, TableIndex, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';

const text = (name: string, options: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'text',
  ...options,
});
const whole = (name: string, options: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'bigint',
  ...options,
});
const key = { isPrimary: true };
const optional = { isNullable: true };

const TABLES: readonly Table[] = [
  // One row: bumped in the transaction of every change of an object, so that it also orders the writers.
  new Table({ name: 'revision', columns: [{ name: 'id', type: 'integer', ...key }, whole('revision')] }),
  new Table({ name: 'encryption_keys', columns: [text('key_id', key), text('check_value'), whole('created_at_ms')] }),
  new Table({
    name: 'objects',
    columns: [
      text('uid', key),
      text('kind'),
      text('name'),
      whole('generation'),
      whole('resource_version'),
      text('labels'),
      text('annotations'),
      text('spec'),
      whole('created_at_ms'),
      whole('updated_at_ms'),
    ],
    uniques: [{ name: 'objects_kind_name', columnNames: ['kind', 'name'] }],
  }),
  new Table({
    name: 'secrets',
    columns: [
      text('object_uid', key),
      text('field', key),
      text('kind'),
      text('binding'),
      text('sealed'),
      whole('updated_at_ms'),
    ],
    foreignKeys: [
      {
        name: 'secrets_object',
        columnNames: ['object_uid'],
        referencedTableName: 'objects',
        referencedColumnNames: ['uid'],
        onDelete: 'CASCADE',
      },
    ],
  }),
  new Table({
    name: 'sessions',
    columns: [
      text('id', key),
      text('token_digest'),
      text('issuer'),
      text('issuer_url'),
      text('subject'),
      text('sealed'),
      whole('created_at_ms'),
      whole('last_seen_at_ms'),
      whole('expires_at_ms'),
      whole('idle_timeout_ms'),
    ],
    uniques: [{ name: 'sessions_token_digest', columnNames: ['token_digest'] }],
    indices: [{ name: 'sessions_expires_at', columnNames: ['expires_at_ms'] }],
  }),
  new Table({
    name: 'stored_tokens',
    columns: [
      text('id', key),
      text('issuer'),
      text('issuer_url'),
      text('subject'),
      text('username'),
      text('cluster'),
      text('cluster_uid'),
      text('binding'),
      text('sealed'),
      text('upstream_user'),
      text('upstream_groups'),
      text('upstream_uid', optional),
      whole('saved_at_ms'),
      whole('expires_at_ms', optional),
      { name: 'suspended', type: 'boolean' },
    ],
    uniques: [{ name: 'stored_tokens_person_cluster', columnNames: ['issuer_url', 'subject', 'cluster'] }],
  }),
  new Table({
    name: 'audit_events',
    columns: [
      // UUIDv7: a random key would cost three times as much a row (measured), since every insert lands on another page.
      text('audit_id', key),
      text('stage'),
      whole('received_at_ms'),
      whole('completed_at_ms', optional),
      { name: 'duration_ms', type: 'double precision', ...optional },
      text('source_address'),
      text('user_agent'),
      text('method'),
      text('request_uri'),
      text('verb'),
      text('cluster'),
      text('api_group'),
      text('api_version'),
      text('resource'),
      text('subresource'),
      text('namespace'),
      text('name'),
      text('username'),
      text('issuer'),
      text('subject'),
      text('groups'),
      text('credential_kind'),
      text('credential_id'),
      text('mapping'),
      text('mapped_user'),
      text('mapped_groups'),
      text('decision'),
      text('rule'),
      text('reason'),
      whole('status_code'),
      whole('bytes_in'),
      whole('bytes_out'),
      whole('upstream_requests'),
      whole('revision'),
      text('annotations'),
    ],
  }),
];

/** Two, because each costs every request: by time, and by person and time. */
const AUDIT_INDEXES = [
  new TableIndex({ name: 'audit_events_received', columnNames: ['received_at_ms', 'audit_id'] }),
  new TableIndex({ name: 'audit_events_username', columnNames: ['username', 'received_at_ms', 'audit_id'] }),
];

/** Everything that issue 3 keeps. Times are Unix milliseconds; lists and maps are JSON text; `sealed` is a Sealer's. */
export class FirstSchema1764000000000 implements MigrationInterface {
  readonly name = 'FirstSchema1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.createTable(table.clone());
    for (const index of AUDIT_INDEXES) await runner.createIndex('audit_events', index.clone());
    await runner.query('INSERT INTO revision (id, revision) VALUES (1, 1)');
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
