import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

/** When a stored token last spoke for its person. */
export class StoredTokensLastUsed1764700000000 implements MigrationInterface {
  readonly name = 'StoredTokensLastUsed1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn(
      'stored_tokens',
      new TableColumn({ name: 'last_used_at_ms', type: 'bigint', isNullable: true }),
    );
  }

  /** Forward only: going back would have to invent or lose data. */
  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup instead');
  }
}
