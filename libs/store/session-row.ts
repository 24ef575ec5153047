import { hash } from 'node:crypto';
import type { LoginSession, ProviderTokens } from '#login';
import type { SessionRow } from './entities/session.ts';
import { openRow, type SealContext, type Sealer } from './sealer.ts';

/** Of a cookie's token: 256 random bits need no slow hash, nobody can try them out. */
export const sessionDigest = (token: string): string => hash('sha256', token, 'hex');

/** What is read of a row where only the session is asked for. */
export type PlainSessionRow = Omit<SessionRow, 'tokens' | 'refreshLeaseUntilMs'>;

/** Both are bound to the row and to the cookie. */
export const sessionContext = (
  row: Pick<SessionRow, 'id' | 'tokenDigest'>,
  field: 'record' | 'tokens',
): SealContext => ({
  table: 'sessions',
  row: row.id,
  field,
  binding: row.tokenDigest,
});

export function toSessionRow(
  session: LoginSession,
  tokens: ProviderTokens | undefined,
  tokenDigest: string,
  sealer: Sealer,
): SessionRow {
  const { id, issuer, issuerUrl, subject, createdAtMs, lastSeenAtMs, expiresAtMs, idleTimeoutMs, ...rest } = session;
  const { providerSessionId = null, refreshAfterMs = null, ...personal } = rest;
  const row = { id, tokenDigest };
  return {
    ...row,
    issuer,
    issuerUrl,
    subject,
    sealed: sealPersonal(personal, row, sealer),
    createdAtMs,
    lastSeenAtMs,
    expiresAtMs,
    idleTimeoutMs,
    providerSessionId,
    tokens: tokens ? sealTokens(tokens, row, sealer) : null,
    refreshAfterMs,
    refreshLeaseUntilMs: null,
  };
}

export function fromSessionRow(row: SessionRow | PlainSessionRow, sealer: Sealer): LoginSession {
  const { tokenDigest: _digest, sealed, tokens: _tokens, refreshLeaseUntilMs: _lease, ...plain } = row as SessionRow;
  const { providerSessionId, refreshAfterMs, ...times } = plain;
  const personal = JSON.parse(openRow(sealer, sealed, sessionContext(row, 'record'))) as Pick<LoginSession, 'claims'>;
  return {
    ...personal,
    ...times,
    ...(providerSessionId === null ? {} : { providerSessionId }),
    ...(refreshAfterMs === null ? {} : { refreshAfterMs }),
  };
}

/** The row's personal part with other claims. */
export function withClaims(row: SessionRow, claims: LoginSession['claims'], sealer: Sealer): string {
  const personal = JSON.parse(openRow(sealer, row.sealed, sessionContext(row, 'record'))) as object;
  return sealPersonal({ ...personal, claims }, row, sealer);
}

export function openTokens(row: SessionRow, sealer: Sealer): ProviderTokens | undefined {
  if (row.tokens === null) return undefined;
  return JSON.parse(openRow(sealer, row.tokens, sessionContext(row, 'tokens'))) as ProviderTokens;
}

export function sealTokens(
  tokens: ProviderTokens,
  row: Pick<SessionRow, 'id' | 'tokenDigest'>,
  sealer: Sealer,
): string {
  return sealer.seal(JSON.stringify(tokens), sessionContext(row, 'tokens'));
}

function sealPersonal(personal: object, row: Pick<SessionRow, 'id' | 'tokenDigest'>, sealer: Sealer): string {
  return sealer.seal(JSON.stringify(personal), sessionContext(row, 'record'));
}
