import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openStore } from '#store';
import { auditRecord, clusterObject, TEST_KEY, silentLog, saveCluster } from '../support/store-samples.ts';

describe('the store on SQLite alone', () => {
  test('keeps files and folder to their owner, and makes a key of its own at the first start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const data = join(folder, 'data');
    const file = join(data, 'encryption.key');
    const options = { sqlitePath: join(data, 'gatehouse.db'), key: { file }, log: silentLog };
    const store = await openStore(options);
    await saveCluster(store, clusterObject());
    const modes = ['', 'gatehouse.db', 'gatehouse.db-wal', 'gatehouse.db-shm', 'encryption.key'].map(
      (name) => statSync(join(data, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600, 0o600]);
    expect(Buffer.from(readFileSync(file, 'utf8'), 'base64')).toHaveLength(32);
    await store.close();
    const again = await openStore(options);
    expect(again.sealer.keyId).toBe(store.sealer.keyId);
    await again.close();
    rmSync(file);
    await expect(openStore(options)).rejects.toMatchObject({
      code: 'encryptionKeyMissing',
      message: expect.stringContaining(file),
    });
    rmSync(folder, { recursive: true });
  });

  test('while another program holds the file for long everything that writes is storeUnavailable, reading goes on, and then it recovers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const options = { sqlitePath: join(folder, 'gatehouse.db'), key: { base64: TEST_KEY }, log: silentLog };
    const store = await openStore(options);
    const first = auditRecord();
    await store.audit.append([first]);
    const other = new SqliteDatabase(options.sqlitePath);
    other.exec('BEGIN IMMEDIATE');
    const refusal = store.audit.append([auditRecord()]).catch((error: unknown) => error);
    expect((await store.audit.list({ limit: 5 })).items).toEqual([first]);
    expect(await refusal).toMatchObject({ code: 'storeUnavailable' });
    other.exec('COMMIT');
    other.close();
    await store.audit.append([auditRecord()]);
    expect((await store.audit.list({ limit: 5 })).items).toHaveLength(2);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('what was promised durable is there after the process is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const sqlitePath = join(folder, 'gatehouse.db');
    const child = spawn(
      process.execPath,
      [
        '--conditions=source',
        fileURLToPath(new URL('../support/append-until-killed.ts', import.meta.url)),
        sqlitePath,
        TEST_KEY,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const promised: string[] = [];
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      promised.push(line);
      if (promised.length === 20) child.kill('SIGKILL');
    }
    const store = await openStore({ sqlitePath, key: { base64: TEST_KEY }, log: silentLog });
    const kept = new Set((await store.audit.list({ limit: 100_000 })).items.map((record) => record.auditId));
    expect(promised.length).toBeGreaterThanOrEqual(20);
    expect(promised.filter((id) => !kept.has(id))).toEqual([]);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('a file that is no database refuses to start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const sqlitePath = join(folder, 'gatehouse.db');
    writeFileSync(sqlitePath, 'this is certainly not a database, however long it may be'.repeat(100));
    await expect(openStore({ sqlitePath, key: { base64: TEST_KEY }, log: silentLog })).rejects.toMatchObject({
      code: 'databaseUnusable',
    });
    rmSync(folder, { recursive: true });
  });

  test('what was called before close is done, what is called after is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const options = { sqlitePath: join(folder, 'gatehouse.db'), key: { base64: TEST_KEY }, log: silentLog };
    const store = await openStore(options);
    const records = Array.from({ length: 500 }, () => auditRecord());
    const appended = store.audit.append(records);
    await store.close();
    await appended;
    await expect(store.audit.append(records)).rejects.toMatchObject({ code: 'storeUnavailable' });
    const again = await openStore(options);
    expect((await again.audit.list({ limit: 1_000 })).items).toHaveLength(500);
    await again.close();
    rmSync(folder, { recursive: true });
  });
});
