import Database from 'better-sqlite3';

export interface AuditRows {
  /** Allowed requests that were answered with 200. */
  readonly answered: number;
  readonly all: number;
  readonly people: number;
}

/**
 * What the gateway's database holds of people's requests to the cluster `bench`, read beside it. The commands that set it
 * up name no cluster; the gateway's own calls, one SelfSubjectReview at the start, have the user `gatehouse`.
 */
export function countAuditRows(databaseFile: string): AuditRows {
  const database = new Database(databaseFile, { readonly: true });
  try {
    return database
      .prepare(
        `SELECT count(*) AS "all", count(DISTINCT username) AS people,
         coalesce(sum(decision = 'allow' AND status_code = 200), 0) AS answered FROM audit_events
         WHERE cluster = 'bench' AND username <> 'gatehouse'`,
      )
      .get() as AuditRows;
  } finally {
    database.close();
  }
}
