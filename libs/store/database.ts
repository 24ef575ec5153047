import type SqliteDatabase from 'better-sqlite3';
import type { DataSource, EntityManager } from 'typeorm';
import { GatehouseError } from '#errors';
import { nameFault } from './name-fault.ts';
import { StoreStartError } from './start-error.ts';

/** better-sqlite3's own, under TypeORM. */
export type SqliteConnection = SqliteDatabase.Database;
export type Engine = 'sqlite' | 'postgres';

/** The one way to the database: every use maps its faults to `storeUnavailable` and never mixes with another's transaction. */
export interface Database {
  readonly engine: Engine;
  readonly dataSource: DataSource;
  /** SQLite's connection itself, for what TypeORM is too slow for; to be used inside `run` only. */
  readonly sqlite: SqliteConnection | undefined;
  /** Statements that stand for themselves. */
  run<T>(act: (manager: EntityManager) => Promise<T>): Promise<T>;
  /** All or nothing. `snapshot`: every read in it sees the same moment. */
  transaction<T>(act: (manager: EntityManager) => Promise<T>, options?: { snapshot?: boolean }): Promise<T>;
  close(): Promise<void>;
}

export function createDatabase(dataSource: DataSource, engine: Engine, sqlite?: SqliteConnection): Database {
  // SQLite has one connection, and TypeORM one query runner on it: a statement that slipped in between two statements
  // of a transaction would be rolled back with it. So they take turns. PostgreSQL gives each its own connection.
  const inTurn = engine === 'sqlite' ? createTurns() : <T>(act: () => Promise<T>) => act();
  return {
    engine,
    dataSource,
    sqlite,
    run: (act) => inTurn(() => mapFaults(() => act(dataSource.manager))),
    transaction: (act, options) =>
      inTurn(() =>
        mapFaults(() => {
          // In SQLite a read transaction is a snapshot by itself (WAL).
          const isolated = options?.snapshot === true && engine === 'postgres';
          return isolated ? dataSource.transaction('REPEATABLE READ', act) : dataSource.transaction(act);
        }),
      ),
    close: () => inTurn(() => dataSource.destroy()),
  };
}

function createTurns(): <T>(act: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const mine = last.then(act, act);
    last = mine.catch(() => {});
    return mine;
  };
}

/** Refusals pass; whatever the database or its driver says is the same to the rest: not now. Our own bugs stay bugs. */
async function mapFaults<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const ownBug =
      cause instanceof TypeError ||
      cause instanceof RangeError ||
      cause instanceof ReferenceError ||
      cause instanceof SyntaxError;
    // The check of the key refuses inside a transaction. A connection that is made later and refused is a fault.
    const refusesStart = cause instanceof StoreStartError && cause.code !== 'databaseNotDurable';
    if (cause instanceof GatehouseError || refusesStart || ownBug) throw cause;
    const fault = nameFault(cause);
    throw new GatehouseError('storeUnavailable', undefined, {
      cause: fault === undefined ? cause : new Error(fault, { cause }),
    });
  }
}
