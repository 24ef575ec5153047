import { StoreStartError } from './start-error.ts';

interface Setting {
  readonly name: string;
  readonly setting: string;
  readonly source: string;
}

/** What pg gives to `verify` of its pool. */
export interface PostgresClient {
  query(sql: string): Promise<{ rows: unknown[] }>;
}

/**
 * `synchronous_commit` is pinned for the session to what it is: a reload of the server's configuration must not weaken
 * a connection that was checked. Every value but `off` waits until the WAL is on the server's own disk.
 */
const READ_AND_PIN = `SELECT name, setting, source FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')
  UNION ALL SELECT '', set_config('synchronous_commit', current_setting('synchronous_commit'), false), ''`;

/** Who set it, in the words of PostgreSQL's documentation for `pg_settings.source`, and how to take it back. */
const MENDS: Readonly<Record<string, string>> = {
  'configuration file': 'by the configuration of the server (postgresql.conf or ALTER SYSTEM)',
  'command line': 'on the command line of the server',
  database: 'for this database; take it back with: ALTER DATABASE … RESET',
  user: 'for this role; take it back with: ALTER ROLE … RESET',
  'database user': 'for this role in this database; take it back with: ALTER ROLE … IN DATABASE … RESET',
  client: 'by the database URL (options)',
};

/**
 * An audit record is promised when its commit returns, so a commit has to survive a crash of the server: every new
 * connection is checked, whatever set it (server, database, role, URL).
 * @throws StoreStartError databaseNotDurable.
 */
export async function checkDurability(client: PostgresClient): Promise<void> {
  const settings = (await client.query(READ_AND_PIN)).rows as Setting[];
  const weak = settings.find(({ setting, name }) => name !== '' && setting === 'off');
  if (!weak) return;
  const by = MENDS[weak.source] ?? `by "${weak.source}"`;
  throw new StoreStartError(
    'databaseNotDurable',
    `PostgreSQL may lose commits that it has confirmed: ${weak.name} is off, set ${by}; the audit log needs ${weak.name} = on`,
  );
}
