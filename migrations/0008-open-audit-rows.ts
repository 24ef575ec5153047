import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Requests whose record is saved before they are sent have a row without an end, as long-running ones had: the index
 * of open rows holds both. `audit_probe` is one row that is written again and again, to see whether the log can be.
 */
export class OpenAuditRows1764800000000 implements MigrationInterface {
  readonly name = 'OpenAuditRows1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    // Named by 0002 in PostgreSQL, by 0005 in SQLite.
    for (const index of ['audit_events_open', 'audit_log_open']) await runner.query(`DROP INDEX IF EXISTS ${index}`);
    await runner.query('CREATE INDEX audit_log_open ON audit_log (served_by) WHERE completed_at_ms IS NULL');
    await runner.query('CREATE TABLE audit_probe (id integer PRIMARY KEY, written_at_ms bigint NOT NULL)');
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
