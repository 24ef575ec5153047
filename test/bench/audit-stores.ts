/** Names of what `measureAuditCost` measures, for tables. */
export const AUDIT_STORES: Readonly<Record<string, string>> = {
  sqlite: 'SQLite, one process',
  worker: 'SQLite, a worker without its channel',
  postgres: 'PostgreSQL',
};
