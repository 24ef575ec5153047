/**
 * The schema's history, forward only, oldest first. One set for both databases: each migration uses TypeORM's table
 * API, SQL that is right on SQLite and PostgreSQL alike, or one list of statements for each, and the store's tests run them on both.
 */
import { FirstSchema1764000000000 } from './0001-first-schema.ts';
import { AuditServedBy1764100000000 } from './0002-audit-served-by.ts';
import { PeopleAndTokens1764300000000 } from './0003-people-and-tokens.ts';
import { LoginGrants1764400000000 } from './0004-login-grants.ts';
import { CompactAudit1764500000000 } from './0005-compact-audit.ts';
import { SessionsOfProviders1764600000000 } from './0006-sessions-of-providers.ts';
import { StoredTokensLastUsed1764700000000 } from './0007-stored-tokens-last-used.ts';
import { OpenAuditRows1764800000000 } from './0008-open-audit-rows.ts';
import { SourceOfLoginGrants1764900000000 } from './0009-source-of-login-grants.ts';
import { CredentialChanges1765000000000 } from './0010-credential-changes.ts';

export const MIGRATIONS = [
  FirstSchema1764000000000,
  AuditServedBy1764100000000,
  PeopleAndTokens1764300000000,
  LoginGrants1764400000000,
  CompactAudit1764500000000,
  SessionsOfProviders1764600000000,
  StoredTokensLastUsed1764700000000,
  OpenAuditRows1764800000000,
  SourceOfLoginGrants1764900000000,
  CredentialChanges1765000000000,
] as const;
