import type { EntityManager } from 'typeorm';
import type { Database } from './database.ts';

/** Rows of one statement at the most: SQLite's one thread commits audit records in between. */
const MOST_ROWS = 500;

/**
 * A table of one column, `value`: the elements of a JSON array that is the statement's only parameter. What concerns
 * many rows is one statement by it, and the same one on both databases; past TypeORM's builders, which take longer for
 * a row than the database does (75 to 113 µs of SQLite's thread to find a session; 14 among fifty, most of it to open it).
 */
export function jsonRows({ engine }: Pick<Database, 'engine'>): string {
  return engine === 'postgres'
    ? 'json_array_elements($1::json) AS rows_of_json(value)'
    : 'json_each(?) AS rows_of_json';
}

/**
 * Locks the rows of `table` that `on` joins with the array's elements, in the array's order, until the transaction ends.
 * An UPDATE over a list takes rows in its plan's order, so two that name the same rows could wait for each other, and
 * PostgreSQL would end one of them. In SQLite writers take turns, and this does nothing.
 */
export async function lockInOrder(
  { engine }: Pick<Database, 'engine'>,
  manager: EntityManager,
  table: string,
  on: string,
  json: string,
): Promise<void> {
  if (engine !== 'postgres') return;
  await manager.query(
    `SELECT 1 FROM json_array_elements($1::json) WITH ORDINALITY AS rows_of_json(value, position)
     JOIN ${table} ON ${on} ORDER BY position FOR NO KEY UPDATE OF ${table}`,
    [json],
  );
}

/** Does it for some at a time, in order. */
export async function inSlices<T>(all: readonly T[], act: (slice: readonly T[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += MOST_ROWS) await act(all.slice(at, at + MOST_ROWS));
}
