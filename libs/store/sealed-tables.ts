import type { EntityManager, EntitySchema, ObjectLiteral } from 'typeorm';
import { SecretEntity, type SecretRow } from './entities/secret.ts';
import { SessionEntity, type SessionRow } from './entities/session.ts';
import { StoredTokenEntity, type StoredTokenRow } from './entities/stored-token.ts';
import { UserEntity, type UserRow } from './entities/user.ts';
import type { SealContext } from './sealer.ts';
import { secretContext } from './secret-store.ts';
import { sessionContext } from './session-row.ts';
import { storedTokenContext } from './stored-token-store.ts';
import { userContext } from './user-store.ts';

/** A column of sealed values, and how a row is told from others. A test finds every such column of the database. */
export interface SealedTable {
  readonly what:
    | 'credentials and client secrets'
    | 'stored tokens'
    | 'sessions'
    | 'provider’s tokens of sessions'
    | 'people’s claims';
  readonly table: string;
  /** As the entity names it, and as the table does. */
  readonly property: string;
  readonly column: string;
  contextOf(row: ObjectLiteral): SealContext;
  /** Where a lost value leaves a row that must stay; undefined where the row is worth nothing without it. */
  readonly emptied?: string | null;
  readonly entity: EntitySchema<ObjectLiteral>;
  keyOf(row: ObjectLiteral): ObjectLiteral;
}

function table<Row extends ObjectLiteral>(
  entity: EntitySchema<Row>,
  what: SealedTable['what'],
  keys: readonly (keyof Row & string)[],
  contextOf: (row: Row) => SealContext,
  more: { readonly property?: keyof Row & string; readonly emptied?: string | null } = {},
): SealedTable {
  const property = more.property ?? 'sealed';
  return {
    what,
    table: entity.options.tableName ?? '',
    property,
    column: String(entity.options.columns[property]?.name),
    contextOf: contextOf as SealedTable['contextOf'],
    entity: entity as unknown as SealedTable['entity'],
    keyOf: (row) => Object.fromEntries(keys.map((key) => [key, row[key]])),
    ...(more.emptied === undefined ? {} : { emptied: more.emptied }),
  };
}

export const SEALED_TABLES: readonly SealedTable[] = [
  table<SecretRow>(SecretEntity, 'credentials and client secrets', ['objectUid', 'field'], (row) =>
    secretContext(row.objectUid, row.field, row.binding),
  ),
  table<StoredTokenRow>(StoredTokenEntity, 'stored tokens', ['id'], storedTokenContext),
  table<SessionRow>(SessionEntity, 'sessions', ['id'], (row) => sessionContext(row, 'record')),
  table<SessionRow>(
    SessionEntity,
    'provider’s tokens of sessions',
    ['id'],
    (row) => sessionContext(row, 'tokens'),
    // A session lives on without them, until it is to be refreshed.
    { property: 'tokens', emptied: null },
  ),
  // The row also says whether the person is disabled.
  table<UserRow>(UserEntity, 'people’s claims', ['id'], (row) => userContext(row.id), { emptied: '{}' }),
];

/** How many values are sealed with each key, by its id. */
export async function countByKey(
  manager: EntityManager,
  { table: name, column }: SealedTable,
): Promise<Map<string, number>> {
  // `gh1.<16 digits of the key id>.…`
  const rows = (await manager.query(
    `SELECT substr(${column}, 5, 16) AS key_id, count(*) AS count FROM ${name} WHERE ${column} IS NOT NULL GROUP BY substr(${column}, 5, 16)`,
  )) as { key_id: string; count: number | string }[];
  return new Map(rows.map(({ key_id, count }) => [key_id, Number(count)]));
}
