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

/** By `pg_settings.source`: where the value comes from, and how to reset it. */
const SOURCES: Readonly<Record<string, string>> = {
  'configuration file': 'by the configuration of the server (postgresql.conf or ALTER SYSTEM)',
  'command line': 'on the command line of the server',
  database: 'for this database; reset it with: ALTER DATABASE … RESET',
  user: 'for this role; reset it with: ALTER ROLE … RESET',
  'database user': 'for this role in this database; reset it with: ALTER ROLE … IN DATABASE … RESET',
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
  const by = SOURCES[weak.source] ?? `by "${weak.source}"`;
  throw new StoreStartError(
    'databaseNotDurable',
    `PostgreSQL may lose commits that it has confirmed: ${weak.name} is off, set ${by}; the audit log needs ${weak.name} = on`,
  );
}
