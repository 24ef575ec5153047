import SqliteDatabase from 'better-sqlite3';
import { Client } from 'pg';

/** Runs one statement past the store, as a thief or another program would. Answers its rows. */
export async function runSql(
  where: { sqlitePath: string } | { databaseUrl: string },
  statement: string,
): Promise<unknown[]> {
  if ('sqlitePath' in where) {
    const database = new SqliteDatabase(where.sqlitePath, { timeout: 5_000 });
    try {
      const prepared = database.prepare(statement);
      if (prepared.reader) return prepared.all();
      prepared.run();
      return [];
    } finally {
      database.close();
    }
  }
  const client = new Client({ connectionString: where.databaseUrl });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
