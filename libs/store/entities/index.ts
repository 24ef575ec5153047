import { AccessTokenEntity } from './access-token.ts';
import { AuditEventEntity } from './audit-event.ts';
import { CredentialChangeEntity } from './credential-change.ts';
import { EncryptionKeyEntity } from './encryption-key.ts';
import { LoginGrantEntity } from './login-grant.ts';
import { ObjectEntity } from './object.ts';
import { RevisionEntity } from './revision.ts';
import { SecretEntity } from './secret.ts';
import { SessionEntity } from './session.ts';
import { StoredTokenEntity } from './stored-token.ts';
import { UsedLogoutTokenEntity } from './used-logout-token.ts';
import { UserEntity } from './user.ts';

/** A test compares them with the tables that the migrations make: they must not drift apart. */
export const ENTITIES = [
  AccessTokenEntity,
  AuditEventEntity,
  CredentialChangeEntity,
  EncryptionKeyEntity,
  LoginGrantEntity,
  ObjectEntity,
  RevisionEntity,
  SecretEntity,
  SessionEntity,
  StoredTokenEntity,
  UsedLogoutTokenEntity,
  UserEntity,
];
