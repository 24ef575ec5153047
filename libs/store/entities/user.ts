import { EntitySchema } from 'typeorm';
import { key, text, textOrNull, whole, wholeOrNull } from './columns.ts';

/** A person as last seen; the claims (personal data) sealed. */
export interface UserRow {
  id: string;
  issuer: string;
  issuerUrl: string;
  subject: string;
  username: string;
  sealed: string;
  firstSeenAtMs: number;
  lastSeenAtMs: number;
  disabledAtMs: number | null;
  disabledReason: string | null;
}

export const UserEntity = new EntitySchema<UserRow>({
  name: 'User',
  tableName: 'users',
  columns: {
    id: key('id'),
    issuer: text('issuer'),
    issuerUrl: text('issuer_url'),
    subject: text('subject'),
    username: text('username'),
    sealed: text('sealed'),
    firstSeenAtMs: whole('first_seen_at_ms'),
    lastSeenAtMs: whole('last_seen_at_ms'),
    disabledAtMs: wholeOrNull('disabled_at_ms'),
    disabledReason: textOrNull('disabled_reason'),
  },
  uniques: [{ name: 'users_person', columns: ['issuerUrl', 'subject'] }],
});
