/**
 * How much one person, one source address and all of them together may take, so that nobody takes it from the others.
 *
 * Places (streams, requests in flight) are counted by the person, never by the token: whoever holds ten tokens is one
 * person. Before somebody is known there is only an address, and an address may be a whole office; so what is counted
 * by source never refuses people who have a credential, it only makes refusals cheaper and logins slower.
 * Whatever is remembered here by person or address is bounded.
 */
export { createLimitLender, createLimits, type LimitName } from './create-limits.ts';
export { createRefusalCounter, type CountedRefusals, type RefusalCounter } from './count-refusals.ts';
export { createTokenBuckets, type TokenBuckets } from './token-buckets.ts';
export { createMissLimit, type MissLimit, type MissWaits } from './limit-misses.ts';
export { sourceOf } from './source-of.ts';
export type { Lease, LimitReached, Limits, LimitSettings, LimitStats, PersonKey, Taken } from './ports.ts';
