import { callbackify } from 'node:util';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '#migrations';
import { checkDurability, type PostgresClient } from './check-durability.ts';
import { createDatabase, type Database } from './database.ts';
import { ENTITIES } from './entities/index.ts';
import { StoreStartError } from './start-error.ts';
import type { StoreLog } from './store.ts';

export const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;

/** @throws StoreStartError databaseUnusable, databaseNotDurable. Never says the URL: it may hold a password. */
export async function openPostgres(databaseUrl: string, connections: number, log: StoreLog): Promise<Database> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'gatehouse',
    poolSize: connections,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    // The pool drops a broken connection and makes a new one at the next use; without a listener it would end the process.
    poolErrorHandler: (error: Error) => log.warn('a database connection was lost', { error: error.message }),
    installExtensions: false,
    entities: ENTITIES,
    migrations: [...MIGRATIONS],
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      // On our side too: a server that vanished without a FIN never answers the statement time-out.
      query_timeout: STATEMENT_TIMEOUT_MS + 2_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // pg's pool calls it for each new connection before anybody gets it.
      verify: callbackify((client: PostgresClient) => checkDurability(client)),
    },
  });
  try {
    await dataSource.initialize();
  } catch (cause) {
    if (cause instanceof StoreStartError) throw cause;
    throw new StoreStartError(
      'databaseUnusable',
      `the PostgreSQL database cannot be reached (${reasonOf(cause)}); check GATEHOUSE_DATABASE_URL and that the server runs`,
      { cause },
    );
  }
  return createDatabase(dataSource, 'postgres');
}

function reasonOf(cause: unknown): string {
  // Several addresses of one name fail together in an AggregateError, whose own message is empty.
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return first instanceof Error ? first.message : String(first);
}
