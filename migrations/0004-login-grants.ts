import { Table, TableIndex, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';

const column = (
  name: string,
  type: 'text' | 'bigint',
  options: Partial<TableColumnOptions> = {},
): TableColumnOptions => ({
  name,
  type,
  ...options,
});
const optional = { isNullable: true };

/** What programs ask people for by device flow and loopback redirect; and of each access token how it came to be. */
export class LoginGrants1764400000000 implements MigrationInterface {
  readonly name = 'LoginGrants1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'login_grants',
        columns: [
          column('id', 'text', { isPrimary: true }),
          column('kind', 'text'),
          column('state', 'text'),
          column('digest', 'text'),
          column('user_code_digest', 'text', optional),
          column('client_id', 'text'),
          column('client_name', 'text'),
          column('source_address', 'text'),
          column('redirect_uri', 'text', optional),
          column('challenge', 'text', optional),
          column('issuer', 'text', optional),
          column('issuer_url', 'text', optional),
          column('subject', 'text', optional),
          column('username', 'text', optional),
          column('created_at_ms', 'bigint'),
          column('expires_at_ms', 'bigint'),
          column('polled_at_ms', 'bigint', optional),
        ],
        uniques: [
          { name: 'login_grants_digest', columnNames: ['digest'] },
          { name: 'login_grants_user_code', columnNames: ['user_code_digest'] },
        ],
      }),
    );
    await runner.createIndex(
      'login_grants',
      new TableIndex({ name: 'login_grants_expires_at', columnNames: ['expires_at_ms'] }),
    );
    await runner.query(`ALTER TABLE access_tokens ADD COLUMN origin text NOT NULL DEFAULT 'request'`);
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
