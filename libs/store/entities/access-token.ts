import { EntitySchema } from 'typeorm';
import { json, key, text, whole, wholeOrNull } from './columns.ts';

/** Of the token only its SHA-256. */
export interface AccessTokenRow {
  id: string;
  digest: string;
  name: string;
  issuer: string;
  issuerUrl: string;
  subject: string;
  username: string;
  narrowing: object;
  createdBy: string;
  origin: string;
  createdAtMs: number;
  expiresAtMs: number;
  lastUsedAtMs: number | null;
}

export const AccessTokenEntity = new EntitySchema<AccessTokenRow>({
  name: 'AccessToken',
  tableName: 'access_tokens',
  columns: {
    id: key('id'),
    digest: text('digest'),
    name: text('name'),
    issuer: text('issuer'),
    issuerUrl: text('issuer_url'),
    subject: text('subject'),
    username: text('username'),
    narrowing: json('narrowing'),
    createdBy: text('created_by'),
    origin: { ...text('origin'), default: 'request' },
    createdAtMs: whole('created_at_ms'),
    expiresAtMs: whole('expires_at_ms'),
    lastUsedAtMs: wholeOrNull('last_used_at_ms'),
  },
  uniques: [{ name: 'access_tokens_digest', columns: ['digest'] }],
});
