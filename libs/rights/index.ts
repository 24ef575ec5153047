/**
 * What the gateway itself may do in a cluster. Its credential speaks for everybody, so it should be able to speak for
 * nobody else, and to do nothing else: this room works out the least that today's mappings and access rules need, as
 * RBAC objects, and compares it with what a cluster has and with what a credential holds. Pure: calls are elsewhere.
 *
 * The arithmetic is RBAC's own (apiserver `Covers`): rights are products of lists, and wider is never called equal.
 */
export { neededRights, neededRightsInSteps } from './needed-rights.ts';
export type { NeededRights, NeededRightsOptions } from './needed-rights.ts';
export { OWNER_LABEL, toManifests } from './to-manifests.ts';
export { findDrift, nameOf } from './find-drift.ts';
export type { Drift } from './find-drift.ts';
export { covers } from './covers.ts';
export { describeJudged, judgeRights, TELLING_RIGHTS } from './judge-rights.ts';
export type { HeldRights, JudgedRights, JudgedRule } from './judge-rights.ts';
export { readServiceAccount } from './impersonation-mode.ts';
export type { PolicyRule, RbacObject, RbacSubject, Rights } from './rbac-objects.ts';
