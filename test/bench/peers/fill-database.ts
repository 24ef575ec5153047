import Database from 'better-sqlite3';

/**
 * Copies of an object that is there, with other names and what `specOf` says; a hundred thousand in seconds, where
 * applying them one by one would take a transaction each. Only before the gateway starts.
 */
export function fillObjects(file: string, kind: string, count: number, specOf: (at: number) => object): void {
  withDatabase(file, (database) => {
    const insert = database.prepare(
      `INSERT INTO objects (uid, kind, name, generation, resource_version, labels, annotations, spec, created_at_ms, updated_at_ms)
       SELECT ?, kind, ?, generation, resource_version, labels, annotations, ?, created_at_ms, updated_at_ms
       FROM objects WHERE kind = ? LIMIT 1`,
    );
    for (let at = 0; at < count; at++)
      insert.run(crypto.randomUUID(), `filled-${at}`, JSON.stringify(specOf(at)), kind);
  });
}

/** Access tokens that nobody uses, of people whom nobody knows. */
export function fillTokens(file: string, count: number): void {
  withDatabase(file, (database) => {
    database
      .prepare(
        `WITH RECURSIVE numbers(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM numbers WHERE at < ?)
         INSERT INTO access_tokens (id, digest, name, issuer, issuer_url, subject, username, narrowing, created_by, created_at_ms, expires_at_ms)
         SELECT lower(hex(randomblob(16))), lower(hex(randomblob(32))), 'filled', 'bench', 'https://filled.example',
           'filled-' || at, 'demo:filled-' || at, '{}', 'demo:filled-' || at, ?, ? FROM numbers`,
      )
      .run(count, Date.now(), Date.now() + 12 * 3600_000);
  });
}

function withDatabase(file: string, act: (database: Database.Database) => void): void {
  const database = new Database(file);
  try {
    database.transaction(() => act(database))();
  } finally {
    database.close();
  }
}
