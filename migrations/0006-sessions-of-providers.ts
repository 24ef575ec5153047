import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const optional = (name: string, type: 'text' | 'bigint'): TableColumn =>
  new TableColumn({ name, type, isNullable: true });

/** What a session has of its provider: its session there, its tokens (sealed), when they are due and who is at it. */
export class SessionsOfProviders1764600000000 implements MigrationInterface {
  readonly name = 'SessionsOfProviders1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const column of [
      optional('provider_session_id', 'text'),
      optional('tokens', 'text'),
      optional('refresh_after_ms', 'bigint'),
      optional('refresh_lease_until_ms', 'bigint'),
    ])
      await runner.addColumn('sessions', column);
    await runner.createIndex(
      'sessions',
      new TableIndex({ name: 'sessions_person', columnNames: ['issuer_url', 'subject'] }),
    );
    await runner.createIndex(
      'sessions',
      new TableIndex({ name: 'sessions_of_provider', columnNames: ['issuer_url', 'provider_session_id'] }),
    );
    await runner.createTable(
      new Table({
        name: 'used_logout_tokens',
        columns: [
          { name: 'id', type: 'text', isPrimary: true },
          { name: 'used_by', type: 'text' },
          { name: 'expires_at_ms', type: 'bigint' },
        ],
        indices: [{ name: 'used_logout_tokens_expires_at', columnNames: ['expires_at_ms'] }],
      }),
    );
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
