import { EntitySchema } from 'typeorm';
import { key, text, whole } from './columns.ts';

/** A logout token that was obeyed, until it expires: it counts once. */
export interface UsedLogoutTokenRow {
  /** SHA-256 of its issuer and `jti`. */
  id: string;
  /** Whoever was first; a random name. */
  usedBy: string;
  expiresAtMs: number;
}

export const UsedLogoutTokenEntity = new EntitySchema<UsedLogoutTokenRow>({
  name: 'UsedLogoutToken',
  tableName: 'used_logout_tokens',
  columns: { id: key('id'), usedBy: text('used_by'), expiresAtMs: whole('expires_at_ms') },
});
