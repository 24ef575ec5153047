import { EntitySchema } from 'typeorm';
import { key, text, whole } from './columns.ts';

/** Of the cookie only its SHA-256; claims (personal data) sealed. */
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
  },
  uniques: [{ name: 'sessions_token_digest', columns: ['tokenDigest'] }],
});
