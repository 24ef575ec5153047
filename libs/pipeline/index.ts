/**
 * The order of the stages, and nothing else: `pipeline.ts` is the one screen on which a reader sees a request go from
 * bytes to audit record. The stages themselves live in their own rooms and never know each other; what they judge by
 * is the snapshot, taken once a request, so that a change in between cannot mix two configurations.
 */
export { createPipeline } from './pipeline.ts';
export type { Pipeline } from './pipeline.ts';
export type {
  OwnApi,
  OwnApiAnswer,
  OwnApiRequest,
  PipelinePorts,
  PipelineSettings,
  ServiceAccountBearers,
} from './ports.ts';
export { GATEWAY_CLUSTER } from './ports.ts';
export { checkCompiles, compileMappingObjects } from './compile-stages.ts';
export { compileSnapshot } from './snapshot.ts';
export type { ClusterUpstream, Snapshot } from './snapshot.ts';
export { oneAtATime } from './one-at-a-time.ts';
export { followSnapshot } from './follow-snapshot.ts';
export type { SnapshotSource } from './follow-snapshot.ts';
export { createAddressReader, UNKNOWN_ADDRESS } from './client-address.ts';
export type { AddressReader } from './client-address.ts';
export { createHostCheck } from './host-check.ts';
export { createAuditDraft, type AuditDraft } from './audit-draft.ts';
export { createOpenStreams } from './open-streams.ts';
export type { OpenStreams, OpenStreamsPorts } from './open-streams.ts';
export { createOwnCallRecorder, gatherOwnCalls } from './record-of-own-call.ts';
export { compileRecordFirst, findSentUnrecorded } from './record-first.ts';
export type { RecordFirstConfig } from './record-first.ts';
export { cutUnreadBody } from './cut-unread-body.ts';
export { runInSlices } from './run-in-slices.ts';
export { retryAfterOf, writeStatus } from './write-status.ts';
export { uuidV7 } from './uuid-v7.ts';
