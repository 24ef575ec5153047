import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Sessions, access tokens and disabled people get a revision of their own (row 2), so that a logout makes no process
 * read the configuration again. `credential_changes` lists the people affected by each of the last changes.
 */
export class CredentialChanges1765000000000 implements MigrationInterface {
  readonly name = 'CredentialChanges1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('INSERT INTO revision (id, revision) VALUES (2, 0)');
    await runner.createTable(
      new Table({
        name: 'credential_changes',
        columns: [
          { name: 'revision', type: 'bigint', isPrimary: true },
          { name: 'issuer_url', type: 'text', isPrimary: true },
          { name: 'subject', type: 'text', isPrimary: true },
        ],
      }),
    );
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
