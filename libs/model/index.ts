/**
 * The nouns that travel along the line of a request. Types only: nothing here runs, and nothing here is imported
 * from another room. Identity, Grant and Decision are branded, so that only the stage that owns one can mint it and
 * a request that skipped a stage does not compile.
 */
export type { Authentication, Credential, Identity } from './identity.ts';
export type { Narrowing } from './narrowing.ts';
export type { AskedIdentity } from './asked-identity.ts';
export type { Extra, Grant, ImpersonateGrant, ServiceAccountGrant, StoredTokenGrant } from './grant.ts';
export type { RequestInfo } from './request-info.ts';
export type { AllowedDecision, Decision, DeniedDecision, StepUp } from './decision.ts';
export type { AuditDecision, AuditRecord, AuditStage } from './audit-record.ts';
