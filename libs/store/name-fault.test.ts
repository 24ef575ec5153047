import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameFault } from './name-fault.ts';

describe('a fault of SQLite is named', () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-fault-'));
    file = join(folder, 'some.db');
    new SqliteDatabase(file).exec('CREATE TABLE t (a)').close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function faultOf(act: (database: SqliteDatabase.Database) => void, options?: SqliteDatabase.Options): unknown {
    const database = new SqliteDatabase(file, options);
    try {
      act(database);
      return undefined;
    } catch (error) {
      return nameFault(error);
    } finally {
      database.close();
    }
  }
  const insert = 'INSERT INTO t VALUES (1)';

  test('not where it is a fault of the statement', () => {
    expect(faultOf((database) => database.exec('INSERT INTO nothing VALUES (1)'))).toBeUndefined();
  });

  test('as a read-only database', () => {
    expect(faultOf((database) => database.exec(insert), { readonly: true })).toBe('the database is read-only');
  });

  test('as a full disk', () => {
    const fill = (database: SqliteDatabase.Database): void => {
      database.pragma('max_page_count = 3');
      database.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100_000));
    };
    expect(faultOf(fill)).toBe('the disk is full');
  });

  test('as a lock that another program holds', () => {
    const other = new SqliteDatabase(file);
    other.exec('BEGIN IMMEDIATE');
    expect(faultOf((database) => database.exec(insert), { timeout: 0 })).toBe(
      'the database is locked by another program',
    );
    other.close();
  });
});

test('extended codes of SQLite mean the same, and an error without a code is named by its message', () => {
  expect(nameFault({ code: 'SQLITE_IOERR_FSYNC' })).toBe('the disk reports an input/output error');
  expect(nameFault(new Error('Query read timeout'))).toBe('the database server does not respond');
  expect(nameFault(new Error('something else'))).toBeUndefined();
});
