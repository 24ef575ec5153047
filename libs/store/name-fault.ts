/** What operators look for, by the codes of SQLite and PostgreSQL; the servers' own words may be in any language. */
const FAULTS: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk is full',
  SQLITE_READONLY: 'the database is read-only',
  SQLITE_BUSY: 'the database is locked by another program',
  SQLITE_LOCKED: 'the database is locked by another statement',
  SQLITE_IOERR: 'the disk reports an input/output error',
  SQLITE_CORRUPT: 'the database file is damaged',
  SQLITE_NOTADB: 'the database file is damaged',
  SQLITE_CANTOPEN: 'the database file cannot be opened',
  // PostgreSQL, appendix A "Error Codes".
  '25006': 'the database is read-only',
  '28000': 'the database refuses the user of the gateway',
  '28P01': 'the database refuses the password of the gateway',
  '3D000': 'the database does not exist',
  '40P01': 'a deadlock in the database',
  '53100': 'the disk of the database server is full',
  '53200': 'the database server is out of memory',
  '53300': 'the database server has too many connections',
  '55P03': 'a lock in the database was not free in time',
  '57014': 'the database cancelled the statement (statement timeout)',
  '57P01': 'the database server is shutting down',
  '57P02': 'the database server has crashed',
  '57P03': 'the database server is starting or stopping',
  ECONNREFUSED: 'cannot connect to the database server',
  ECONNRESET: 'the connection to the database server was lost',
  EHOSTUNREACH: 'cannot connect to the database server',
  ENETUNREACH: 'cannot connect to the database server',
  ENOENT: 'cannot connect to the database server',
  ENOTFOUND: 'cannot connect to the database server',
  EPIPE: 'the connection to the database server was lost',
  ETIMEDOUT: 'cannot connect to the database server',
};

/** What pg says without a code. */
const MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^Query read timeout/, 'the database server does not respond'],
  [
    /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout)/,
    'cannot connect to the database server, or all connections are in use',
  ],
  [
    /^(Connection terminated|Client has encountered a connection error)/,
    'the connection to the database server was lost',
  ],
];

/** The fault of a database or its driver in words; undefined where it is none that operators know by name. */
export function nameFault(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') {
    // SQLite's extended codes: SQLITE_IOERR_FSYNC is an SQLITE_IOERR.
    const fault = FAULTS[code] ?? FAULTS[/^SQLITE_[A-Z]+/.exec(code)?.[0] ?? ''];
    if (fault !== undefined) return fault;
  }
  return MESSAGES.find(([pattern]) => pattern.test(String(message)))?.[1];
}
