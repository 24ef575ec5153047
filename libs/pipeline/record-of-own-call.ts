import type { AuditQueue, AuditStore } from '#audit';
import { parseRequest } from '#kube';
import type { AuditRecord, RequestInfo } from '#model';
import type { RequestSet } from '#policy';
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
  /** False where its start record could not be saved, so that it was not sent. */
  readonly sent: boolean;
  /** 0 where no answer came. */
  readonly statusCode: number;
  readonly reason: string;
  /** Audit id of the request that it was made for, if it was made for one. */
  readonly onBehalfOf: string | undefined;
}

/** What is known of such a request before it is sent. */
export type OwnCallStart = Omit<OwnCallFacts, 'durationMs' | 'sent' | 'statusCode'>;

/**
 * What the gateway asks a cluster for itself (tokens of service accounts, access reviews) is in the log beside what it
 * was asked for, and names that request.
 * @param servedBy the replica that asks; '' for a command.
 */
export function recordOfOwnCall(call: OwnCallFacts, revision: number, servedBy: string): AuditRecord {
  const refused = call.sent ? 'error' : 'refused';
  return {
    ...ownCallRecord(call, revision, servedBy),
    stage: 'ResponseComplete',
    completedAtMs: call.receivedAtMs + Math.round(call.durationMs),
    durationMs: call.durationMs,
    statusCode: call.statusCode,
    upstreamRequests: call.sent ? 1 : 0,
    // As with people's requests: what the cluster says to it is the status.
    decision: call.statusCode === 0 ? refused : 'allow',
  };
}

/** The start record of such a call. */
export function ownCallRecord(call: OwnCallStart, revision: number, servedBy: string): AuditRecord {
  const draft = createAuditDraft(call.auditId, call.receivedAtMs, revision, call.method, call.target, servedBy);
  draft.request = requestOf(call);
  draft.cluster = call.cluster;
  if (call.onBehalfOf !== undefined) draft.annotations['on-behalf-of'] = call.onBehalfOf;
  return {
    ...draft.toRecord('RequestReceived', call.receivedAtMs),
    username: GATEWAY,
    credentialKind: 'gateway',
    decision: 'allow',
    reason: call.reason,
  };
}

function requestOf({ method, target }: OwnCallStart): RequestInfo | undefined {
  const parsed = parseRequest(method, target);
  return parsed.ok ? parsed.request : undefined;
}

export interface OwnCallRecorder {
  /** Resolves when the call may be sent; undefined where it may at once. @throws GatehouseError auditUnavailable. */
  begin(call: OwnCallStart): Promise<void> | undefined;
  record(call: OwnCallFacts): void;
}

/** Records calls of the gateway like requests: those of `recordFirst` before they are sent. */
export function createOwnCallRecorder(ports: {
  readonly audit: Pick<AuditQueue, 'record' | 'recordDurably'>;
  readonly recordFirst: RequestSet;
  readonly servedBy: string;
  revision(): number;
}): OwnCallRecorder {
  const waits = (call: OwnCallStart): boolean => {
    const request = requestOf(call);
    return request === undefined || ports.recordFirst.has(request, false);
  };
  return {
    begin: (call) =>
      waits(call) ? ports.audit.recordDurably(ownCallRecord(call, ports.revision(), ports.servedBy)) : undefined,
    record: (call) => ports.audit.record(recordOfOwnCall(call, ports.revision(), ports.servedBy), waits(call)),
  };
}

/** For a caller without a queue: start records are saved at once, what else was called with `save`. */
export function gatherOwnCalls(
  store: Pick<AuditStore, 'append'>,
  recordFirst: RequestSet,
  revision: number,
): OwnCallRecorder & { save(): Promise<void> } {
  const records: AuditRecord[] = [];
  const recorder = createOwnCallRecorder({
    audit: { record: (record) => void records.push(record), recordDurably: (record) => store.append([record]) },
    recordFirst,
    servedBy: '',
    revision: () => revision,
  });
  return { ...recorder, save: async () => (records.length > 0 ? await store.append(records.splice(0)) : undefined) };
}
