import type { AuditQueue } from '#audit';
import type { OwnCall } from '#clusters';
import { parseRequest } from '#kube';
import { createAuditDraft } from '#pipeline';

/** Whose calls they are: no issuer's person has a name without an issuer. */
const GATEWAY = 'gatehouse';

/**
 * What the gateway asks a cluster for itself (tokens of service accounts, access reviews) is in the log beside what it
 * was asked for, and names that request.
 */
export function createOwnCallRecorder(ports: {
  readonly audit: Pick<AuditQueue, 'record'>;
  revision(): number;
  readonly servedBy: string;
}): (call: OwnCall) => void {
  return (call) => {
    const draft = createAuditDraft(
      call.auditId,
      call.receivedAtMs,
      ports.revision(),
      call.method,
      call.target,
      ports.servedBy,
    );
    const parsed = parseRequest(call.method, call.target);
    if (parsed.ok) draft.request = parsed.request;
    draft.cluster = call.cluster;
    draft.statusCode = call.statusCode;
    draft.upstreamRequests = 1;
    if (call.onBehalfOf !== undefined) draft.annotations['on-behalf-of'] = call.onBehalfOf;
    const completedAtMs = call.receivedAtMs + Math.round(call.durationMs);
    ports.audit.record({
      ...draft.toRecord('ResponseComplete', completedAtMs),
      durationMs: call.durationMs,
      username: GATEWAY,
      credentialKind: 'gateway',
      decision: call.statusCode >= 200 && call.statusCode < 300 ? 'allow' : 'error',
      reason: call.reason,
    });
  };
}
