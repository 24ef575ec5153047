import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Device logins that wait are counted by source (of IPv6 the /64), so that one address cannot fill the table. */
export class SourceOfLoginGrants1764900000000 implements MigrationInterface {
  readonly name = 'SourceOfLoginGrants1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    // Those that wait now are over in ten minutes; an IPv4 address is its own source.
    await runner.addColumn('login_grants', new TableColumn({ name: 'source', type: 'text', default: "''" }));
    await runner.query('UPDATE login_grants SET source = source_address');
    await runner.createIndex(
      'login_grants',
      new TableIndex({ name: 'login_grants_source', columnNames: ['source', 'expires_at_ms'] }),
    );
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
