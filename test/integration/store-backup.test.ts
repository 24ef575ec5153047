/** The command lines of docs/backup.md, as they stand there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '#store';
import { findPostgres } from '../support/find-postgres.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { auditRecord, clusterObject, saveCluster, silentLog, TEST_KEY } from '../support/store-samples.ts';

/** By the first column of the table: the commands for SQLite and for PostgreSQL. */
function documented(row: string): { sqlite: string; postgres: string } {
  const page = readFileSync(join(import.meta.dirname, '../../docs/backup.md'), 'utf8');
  const [, sqlite, postgres] = new RegExp(`^\\| ${row}[^|]*\\| \`([^|]+)\` \\| \`([^|]+)\``, 'm').exec(page) ?? [];
  if (!sqlite || !postgres) throw new Error(`docs/backup.md has no command lines for "${row}"`);
  return { sqlite, postgres };
}

describe('the documented backup', () => {
  let folder: string;
  let postgres: TestPostgres;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-backup-'));
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres?.stop();
    rmSync(folder, { recursive: true });
  });

  /** In a shell whose umask would make files that everybody reads. */
  async function sh(command: string, databaseUrl = ''): Promise<void> {
    const path = `${dirname(join(await findPostgres(), 'x'))}:${process.env.PATH}`;
    const ran = spawnSync('sh', ['-c', `umask 022; ${command}`], {
      cwd: folder,
      env: { ...process.env, PATH: path, GATEHOUSE_DATABASE_URL: databaseUrl },
      encoding: 'utf8',
    });
    expect(ran, ran.stderr).toMatchObject({ status: 0 });
  }
  const modeOf = (name: string): string => (statSync(join(folder, name)).mode & 0o777).toString(8);

  test('of SQLite, beside an open store, is for its owner only, and is restored whole', async () => {
    const options = { sqlitePath: join(folder, 'data', 'gatehouse.db'), key: { base64: TEST_KEY }, log: silentLog };
    const store = await openStore(options);
    const cluster = await saveCluster(store, clusterObject());
    const record = auditRecord();
    await store.audit.append([record]);
    await sh(documented('back up').sqlite);
    expect(modeOf('backup.db')).toBe('600');
    await store.audit.append([auditRecord()]);
    await store.close();
    await sh(documented('restore').sqlite);
    const restored = await openStore(options);
    expect((await restored.audit.list({ limit: 10 })).items).toEqual([record]);
    expect(await restored.objects.get('Cluster', cluster.metadata.name)).toEqual(cluster);
    await restored.close();
    expect(modeOf('data/gatehouse.db')).toBe('600');
  });

  test('of PostgreSQL, beside an open store, is for its owner only, and is restored whole', async () => {
    const databaseUrl = await postgres.createDatabase();
    const options = { databaseUrl, key: { base64: TEST_KEY }, log: silentLog };
    const store = await openStore(options);
    const record = auditRecord();
    await store.audit.append([record]);
    await sh(documented('back up').postgres, databaseUrl);
    expect(modeOf('backup.sql')).toBe('600');
    await store.close();
    const empty = await postgres.createDatabase();
    await sh(documented('restore').postgres, empty);
    const restored = await openStore({ ...options, databaseUrl: empty });
    expect((await restored.audit.list({ limit: 10 })).items).toEqual([record]);
    await restored.close();
  });
});
