import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which process wrote a record: so that the open records of one that crashed can be found and completed. The index
 * holds long-running requests only, and only while they run.
 */
export class AuditServedBy1764100000000 implements MigrationInterface {
  readonly name = 'AuditServedBy1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE audit_events ADD COLUMN served_by text NOT NULL DEFAULT ''`);
    await runner.query(`CREATE INDEX audit_events_open ON audit_events (served_by) WHERE stage = 'ResponseStarted'`);
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
