import { EntitySchema } from 'typeorm';
import { json, key, text, textOrNull, whole, wholeOrNull, yesNo } from './columns.ts';

export interface StoredTokenRow {
  id: string;
  issuer: string;
  issuerUrl: string;
  subject: string;
  username: string;
  cluster: string;
  clusterUid: string;
  binding: string;
  sealed: string;
  upstreamUser: string;
  upstreamGroups: string[];
  upstreamUid: string | null;
  savedAtMs: number;
  expiresAtMs: number | null;
  lastUsedAtMs: number | null;
  suspended: boolean;
}

export const StoredTokenEntity = new EntitySchema<StoredTokenRow>({
  name: 'StoredToken',
  tableName: 'stored_tokens',
  columns: {
    id: key('id'),
    issuer: text('issuer'),
    issuerUrl: text('issuer_url'),
    subject: text('subject'),
    username: text('username'),
    cluster: text('cluster'),
    clusterUid: text('cluster_uid'),
    binding: text('binding'),
    sealed: text('sealed'),
    upstreamUser: text('upstream_user'),
    upstreamGroups: json('upstream_groups'),
    upstreamUid: textOrNull('upstream_uid'),
    savedAtMs: whole('saved_at_ms'),
    expiresAtMs: wholeOrNull('expires_at_ms'),
    lastUsedAtMs: wholeOrNull('last_used_at_ms'),
    suspended: yesNo('suspended'),
  },
  uniques: [{ name: 'stored_tokens_person_cluster', columns: ['issuerUrl', 'subject', 'cluster'] }],
});
