/**
 * Stage 2: an Identity and a cluster become a Grant, the way in which the gateway speaks for this person there.
 * No mapping, no access. What comes out goes into identity headers, so the rules for names are strict and a name that
 * breaks one is refused, never mended: a trimmed or shortened name would be somebody else.
 */
export { compileMappings, compileMappingsInSteps } from './compile-mappings.ts';
export type { CompiledMappings, RunSteps } from './compile-mappings.ts';
export type { FailedExpression, Found } from './found.ts';
export type {
  ExtraSource,
  GroupSource,
  MappingInput,
  ServiceAccountSource,
  Subject,
  ValueSource,
} from './mapping-input.ts';
export { grantActingAs } from './grant-acting-as.ts';
export type { ActingGrantResult } from './grant-acting-as.ts';
export { resolveGrant } from './resolve-grant.ts';
export type { GrantResult } from './resolve-grant.ts';
export type { MappingPorts, NewStoredToken, StoredToken, StoredTokenStore, StoredTokenSummary } from './ports.ts';
export type { FittingMapping, FittingMappings } from './list-fitting.ts';
