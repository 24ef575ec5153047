import { DataSource } from 'typeorm';
import { expect, test } from 'vitest';
import { CompactAudit1764500000000 } from '../../migrations/0005-compact-audit.ts';
import { MIGRATIONS } from '#migrations';
import type { AuditRecord } from '#model';
import { openStore } from '#store';
import { describeStore, type TestDatabase } from '../support/describe-store.ts';
import { auditRecord } from '../support/store-samples.ts';

/** The columns that an AuditRecord had before, by which the view still gives it. */
const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const fields = Object.keys(auditRecord()) as (keyof AuditRecord)[];

/** As a database gives a row back: numbers of PostgreSQL arrive as text, lists and maps as JSON. */
function asRow(record: AuditRecord): Record<string, string | null> {
  const textOf = (value: unknown): string | null =>
    value === undefined ? null : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return Object.fromEntries(fields.map((field) => [columnOf(field), textOf(record[field])]));
}
const asText = (row: unknown): Record<string, string | null> =>
  Object.fromEntries(
    Object.entries(row as object).map(([column, value]) => [column, value === null ? null : String(value)]),
  );

async function migrateTo(database: TestDatabase, last: number): Promise<void> {
  const { databaseUrl: url, sqlitePath } = database.options;
  const migrations = MIGRATIONS.slice(0, last);
  const source = sqlitePath
    ? new DataSource({ type: 'better-sqlite3', database: sqlitePath, migrations })
    : new DataSource({ type: 'postgres', url: url as string, migrations });
  await source.initialize();
  await source.runMigrations();
  await source.destroy();
}

describeStore('the compact audit log', (suite) => {
  test('a log of before is all there afterwards, by person too', async () => {
    const database = await suite.make();
    await migrateTo(database, MIGRATIONS.indexOf(CompactAudit1764500000000));
    const records = [
      auditRecord({ username: "demo:o'hara", groups: ['a,b', 'Ü'], bytesOut: 5_000_000_000, reason: 'a "reason"' }),
      auditRecord({ stage: 'ResponseStarted', completedAtMs: undefined, durationMs: undefined }),
    ];
    for (const record of records) {
      const row = asRow(record);
      const literal = (value: string | null): string => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
      await database.sql(
        `INSERT INTO audit_events (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(literal).join(', ')})`,
      );
    }
    const store = await openStore(database.options);
    for (const record of records) expect(await store.audit.get(record.auditId)).toEqual(record);
    expect((await store.audit.list({ user: "demo:o'hara", limit: 5 })).items).toEqual([records[0]]);
    await store.close();
    await database.remove();
  });

  test('gives every field by its name to whoever reads by SQL', async () => {
    const record = auditRecord({ groups: ['a', 'b'], annotations: { code: 'x' }, revision: 7, bytesIn: 9 });
    await suite.store.audit.append([record]);
    const [row] = await suite.database.sql('SELECT * FROM audit_events');
    expect(asText(row)).toEqual(asRow(record));
  });

  test('finds what a person did among many, page by page, whether it is long past or of this moment', async () => {
    const total = 9_000;
    const records = Array.from({ length: total }, (_, at) =>
      auditRecord({
        receivedAtMs: 1_700_000_000_000 + Math.floor(at / 3),
        username: at % 450 === 0 || at > total - 4 ? 'demo:rare' : `demo:person-${at % 50}`,
        verb: at % 900 === 0 ? 'delete' : 'get',
      }),
    );
    for (let at = 0; at < total; at += 1_000) await suite.store.audit.append(records.slice(at, at + 1_000));
    if (suite.engine === 'SQLite') {
      // Both ways are taken: these are entered by person, what comes after is not yet.
      const [{ entered }] = (await suite.database.sql('SELECT count(*) AS entered FROM audit_people')) as [
        { entered: number },
      ];
      expect(entered).toBe(total);
      const late = auditRecord({ receivedAtMs: 1_700_000_000_500, username: 'demo:rare', verb: 'delete' });
      records.push(late);
      await suite.store.audit.append([late]);
    }
    const newestFirst = (a: AuditRecord, b: AuditRecord): number =>
      b.receivedAtMs - a.receivedAtMs || (a.auditId < b.auditId ? 1 : -1);
    const expected = records.filter(({ username }) => username === 'demo:rare').sort(newestFirst);
    const read = async (filter: object): Promise<string[]> => {
      const ids: string[] = [];
      let next: string | undefined;
      do {
        const page = await suite.store.audit.list({
          limit: 4,
          user: 'demo:rare',
          ...filter,
          ...(next ? { continue: next } : {}),
        });
        ids.push(...page.items.map(({ auditId }) => auditId));
        next = page.continue;
      } while (next);
      return ids;
    };
    const ids = (of: readonly AuditRecord[]): string[] => of.map(({ auditId }) => auditId);
    expect(await read({})).toEqual(ids(expected));
    expect(await read({ verb: 'delete' })).toEqual(ids(expected.filter(({ verb }) => verb === 'delete')));
    const [since, until] = [1_700_000_000_300, 1_700_000_002_999];
    expect(await read({ since, until })).toEqual(
      ids(expected.filter(({ receivedAtMs }) => receivedAtMs >= since && receivedAtMs < until)),
    );
  });
});
