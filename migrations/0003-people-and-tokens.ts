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
  // A person is (issuer URL, subject): a rename keeps them, a namesake of another issuer is somebody else.
  new Table({
    name: 'users',
    columns: [
      text('id', key),
      text('issuer'),
      text('issuer_url'),
      text('subject'),
      text('username'),
      text('sealed'),
      whole('first_seen_at_ms'),
      whole('last_seen_at_ms'),
      whole('disabled_at_ms', optional),
      text('disabled_reason', optional),
    ],
    uniques: [{ name: 'users_person', columnNames: ['issuer_url', 'subject'] }],
  }),
  new Table({
    name: 'access_tokens',
    columns: [
      text('id', key),
      text('digest'),
      text('name'),
      text('issuer'),
      text('issuer_url'),
      text('subject'),
      text('username'),
      text('narrowing'),
      text('created_by'),
      whole('created_at_ms'),
      whole('expires_at_ms'),
      whole('last_used_at_ms', optional),
    ],
    uniques: [{ name: 'access_tokens_digest', columnNames: ['digest'] }],
  }),
];

/** People as they were last seen, and access tokens by the SHA-256 of each. */
export class PeopleAndTokens1764300000000 implements MigrationInterface {
  readonly name = 'PeopleAndTokens1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.createTable(table.clone());
    await runner.createIndex(
      'access_tokens',
      new TableIndex({ name: 'access_tokens_person', columnNames: ['issuer_url', 'subject'] }),
    );
    await runner.createIndex(
      'access_tokens',
      new TableIndex({ name: 'access_tokens_expires_at', columnNames: ['expires_at_ms'] }),
    );
    await runner.createIndex('users', new TableIndex({ name: 'users_disabled_at', columnNames: ['disabled_at_ms'] }));
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
