import type { FoundAccessToken, SessionRecord } from '#identity';
import type { Narrowing } from '#model';
import type { Database } from './database.ts';
import { jsonRows } from './json-rows.ts';
import type { Sealer } from './sealer.ts';
import { fromSessionRow, sessionDigest, type PlainSessionRow } from './session-row.ts';
import { openClaims } from './user-store.ts';

/** Times as each driver gives a bigint: a number, or text lest it be rounded. */
type Raw<Row> = { [Name in keyof Row]: Row[Name] extends number ? number | string : Row[Name] };

/** The sessions of these cookies' tokens, in their order. What many people come back with is read in one statement. */
export async function findSessions(
  database: Database,
  sealer: Sealer,
  tokens: readonly string[],
): Promise<(SessionRecord | undefined)[]> {
  const digests = tokens.map(sessionDigest);
  const sql = `SELECT id, token_digest AS "tokenDigest", issuer, issuer_url AS "issuerUrl", subject, sealed,
      created_at_ms AS "createdAtMs", last_seen_at_ms AS "lastSeenAtMs", expires_at_ms AS "expiresAtMs",
      idle_timeout_ms AS "idleTimeoutMs", provider_session_id AS "providerSessionId", refresh_after_ms AS "refreshAfterMs"
    FROM sessions WHERE token_digest IN (SELECT value->>0 FROM ${jsonRows(database)})`;
  const rows = await readRows<Raw<PlainSessionRow>>(database, sql, digests);
  const found = new Map(
    rows.map((row) => [
      row.tokenDigest,
      fromSessionRow(
        {
          ...row,
          createdAtMs: Number(row.createdAtMs),
          lastSeenAtMs: Number(row.lastSeenAtMs),
          expiresAtMs: Number(row.expiresAtMs),
          idleTimeoutMs: Number(row.idleTimeoutMs),
          refreshAfterMs: row.refreshAfterMs === null ? null : Number(row.refreshAfterMs),
        },
        sealer,
      ),
    ]),
  );
  return digests.map((digest) => found.get(digest));
}

interface TokenRow extends Omit<FoundAccessToken, 'claims' | 'narrowing'> {
  readonly digest: string;
  readonly narrowing: string;
  /** Of the owner; null where nobody of that name was ever seen. */
  readonly userId: string | null;
  readonly sealed: string;
}

/** The access tokens of these digests, in their order, each with its owner's newest claims. */
export async function findAccessTokens(
  database: Database,
  sealer: Sealer,
  digests: readonly string[],
): Promise<(FoundAccessToken | undefined)[]> {
  const sql = `SELECT token.digest, token.id, token.name, token.issuer, token.issuer_url AS "issuerUrl", token.subject,
      token.narrowing, token.created_at_ms AS "createdAtMs", token.expires_at_ms AS "expiresAtMs",
      owner.id AS "userId", owner.sealed
    FROM access_tokens AS token
    LEFT JOIN users AS owner ON owner.issuer_url = token.issuer_url AND owner.subject = token.subject
    WHERE token.digest IN (SELECT value->>0 FROM ${jsonRows(database)})`;
  const rows = await readRows<Raw<TokenRow>>(database, sql, digests);
  const found = new Map(
    rows.map(({ digest, userId, sealed, narrowing, ...row }): [string, FoundAccessToken] => [
      digest,
      {
        ...row,
        createdAtMs: Number(row.createdAtMs),
        expiresAtMs: Number(row.expiresAtMs),
        narrowing: JSON.parse(narrowing) as Narrowing,
        claims: userId === null ? {} : openClaims(sealer, { id: userId, sealed }),
      },
    ]),
  );
  return digests.map((digest) => found.get(digest));
}

async function readRows<Row>(database: Database, sql: string, keys: readonly string[]): Promise<Row[]> {
  const given = JSON.stringify(keys.map((key) => [key]));
  return (await database.run((manager) => manager.query(sql, [given]))) as Row[];
}
