import { EntitySchema } from 'typeorm';
import { key, text, textOrNull, whole, wholeOrNull } from './columns.ts';

/** Of each code only its SHA-256. The owner's columns are empty until somebody approves. */
export interface LoginGrantRow {
  id: string;
  kind: string;
  state: string;
  digest: string;
  userCodeDigest: string | null;
  clientId: string;
  clientName: string;
  sourceAddress: string;
  /** As `sourceOf` gives it. */
  source: string;
  redirectUri: string | null;
  challenge: string | null;
  issuer: string | null;
  issuerUrl: string | null;
  subject: string | null;
  username: string | null;
  createdAtMs: number;
  expiresAtMs: number;
  polledAtMs: number | null;
}

export const LoginGrantEntity = new EntitySchema<LoginGrantRow>({
  name: 'LoginGrant',
  tableName: 'login_grants',
  columns: {
    id: key('id'),
    kind: text('kind'),
    state: text('state'),
    digest: text('digest'),
    userCodeDigest: textOrNull('user_code_digest'),
    clientId: text('client_id'),
    clientName: text('client_name'),
    sourceAddress: text('source_address'),
    source: text('source'),
    redirectUri: textOrNull('redirect_uri'),
    challenge: textOrNull('challenge'),
    issuer: textOrNull('issuer'),
    issuerUrl: textOrNull('issuer_url'),
    subject: textOrNull('subject'),
    username: textOrNull('username'),
    createdAtMs: whole('created_at_ms'),
    expiresAtMs: whole('expires_at_ms'),
    polledAtMs: wholeOrNull('polled_at_ms'),
  },
  uniques: [
    { name: 'login_grants_digest', columns: ['digest'] },
    { name: 'login_grants_user_code', columns: ['userCodeDigest'] },
  ],
});
