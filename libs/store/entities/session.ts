import { EntitySchema } from 'typeorm';
import { key, text, textOrNull, whole, wholeOrNull } from './columns.ts';

/** Of the cookie only its SHA-256; claims (personal data) and the provider's tokens sealed. */
export interface SessionRow {
  id: string;
  tokenDigest: string;
  issuer: string;
  issuerUrl: string;
  subject: string;
  sealed: string;
  createdAtMs: number;
  lastSeenAtMs: number;
  expiresAtMs: number;
  idleTimeoutMs: number;
  /** The `sid` claim. */
  providerSessionId: string | null;
  /** Sealed. */
  tokens: string | null;
  refreshAfterMs: number | null;
  /** While one worker of all refreshes it. */
  refreshLeaseUntilMs: number | null;
}

export const SessionEntity = new EntitySchema<SessionRow>({
  name: 'Session',
  tableName: 'sessions',
  columns: {
    id: key('id'),
    tokenDigest: text('token_digest'),
    issuer: text('issuer'),
    issuerUrl: text('issuer_url'),
    subject: text('subject'),
    sealed: text('sealed'),
    createdAtMs: whole('created_at_ms'),
    lastSeenAtMs: whole('last_seen_at_ms'),
    expiresAtMs: whole('expires_at_ms'),
    idleTimeoutMs: whole('idle_timeout_ms'),
    providerSessionId: textOrNull('provider_session_id'),
    tokens: textOrNull('tokens'),
    refreshAfterMs: wholeOrNull('refresh_after_ms'),
    refreshLeaseUntilMs: wholeOrNull('refresh_lease_until_ms'),
  },
  uniques: [{ name: 'sessions_token_digest', columns: ['tokenDigest'] }],
});
