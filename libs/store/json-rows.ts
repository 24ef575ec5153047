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

/** Does it for some at a time, in order. */
export async function inSlices<T>(all: readonly T[], act: (slice: readonly T[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += MOST_ROWS) await act(all.slice(at, at + MOST_ROWS));
}
