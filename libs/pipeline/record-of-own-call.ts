import { parseRequest } from '#kube';
import type { AuditRecord } from '#model';
import { createAuditDraft } from './audit-draft.ts';

/** Whose calls they are: no issuer's person has a name without an issuer. */
const GATEWAY = 'gatehouse';

/** A request that the gateway made for itself. */
export interface OwnCallFacts {
  readonly auditId: string;
  readonly receivedAtMs: number;
  readonly durationMs: number;
  readonly cluster: string;
  readonly method: string;
  readonly target: string;
  /** 0 where no answer came. */
  readonly statusCode: number;
  readonly reason: string;
  /** Audit id of the request that it was made for, if it was made for one. */
  readonly onBehalfOf: string | undefined;
}

/**
 * What the gateway asks a cluster for itself (tokens of service accounts, access reviews) is in the log beside what it
 * was asked for, and names that request.
 * @param servedBy the replica that asks; '' for a command.
 */
export function recordOfOwnCall(call: OwnCallFacts, revision: number, servedBy: string): AuditRecord {
  const draft = createAuditDraft(call.auditId, call.receivedAtMs, revision, call.method, call.target, servedBy);
  const parsed = parseRequest(call.method, call.target);
  if (parsed.ok) draft.request = parsed.request;
  draft.cluster = call.cluster;
  draft.statusCode = call.statusCode;
  draft.upstreamRequests = 1;
  if (call.onBehalfOf !== undefined) draft.annotations['on-behalf-of'] = call.onBehalfOf;
  return {
    ...draft.toRecord('ResponseComplete', call.receivedAtMs + Math.round(call.durationMs)),
    durationMs: call.durationMs,
    username: GATEWAY,
    credentialKind: 'gateway',
    // As with people's requests: what the cluster says to it is the status.
    decision: call.statusCode === 0 ? 'error' : 'allow',
    reason: call.reason,
  };
}
