import type { AuditDecision, AuditRecord, AuditStage, Decision, Grant, Identity, RequestInfo } from '#model';
import type { ErrorCode } from '#errors';
import { redactRequestUri } from '#audit';

/** The record of one request while it is being made. Each stage adds what it learned; `close` may be called once. */
export interface AuditDraft {
  readonly auditId: string;
  sourceAddress: string;
  userAgent: string;
  cluster: string;
  request: RequestInfo | undefined;
  identity: Identity | undefined;
  grant: Grant | undefined;
  decision: Decision | undefined;
  refusal: { code: ErrorCode; message: string } | undefined;
  /** True once a start record was given to the queue, saved or not: the row needs its completion. */
  started: boolean;
  /** True once something may have been sent or carried out: from then on a refusal is a failure. */
  begun: boolean;
  statusCode: number;
  bytesIn: number;
  bytesOut: number;
  upstreamRequests: number;
  readonly annotations: Record<string, string>;
  /** Since it was opened; milliseconds with fraction. */
  elapsedMs(): number;
  toRecord(stage: AuditStage, nowMs: number): AuditRecord;
}

/** `receivedAtMs` in Unix milliseconds; `target` as received, redacted when the record is made. */
export function createAuditDraft(
  auditId: string,
  receivedAtMs: number,
  revision: number,
  method: string,
  target: string,
  servedBy: string,
): AuditDraft {
  const startedAt = performance.now();
  return {
    auditId,
    sourceAddress: '',
    userAgent: '',
    cluster: '',
    request: undefined,
    identity: undefined,
    grant: undefined,
    decision: undefined,
    refusal: undefined,
    started: false,
    begun: false,
    statusCode: 0,
    bytesIn: 0,
    bytesOut: 0,
    upstreamRequests: 0,
    annotations: {},
    elapsedMs: () => performance.now() - startedAt,
    toRecord(stage, nowMs) {
      const { request, identity, grant, decision, refusal } = this;
      const complete = stage !== 'RequestReceived' && stage !== 'ResponseStarted';
      return {
        auditId,
        stage,
        receivedAtMs,
        completedAtMs: complete ? nowMs : undefined,
        durationMs: complete ? Math.round(this.elapsedMs() * 1000) / 1000 : undefined,
        sourceAddress: this.sourceAddress,
        userAgent: this.userAgent,
        method,
        requestUri: redactRequestUri(target, request),
        verb: request?.verb ?? method.toLowerCase(),
        cluster: this.cluster,
        apiGroup: request?.group ?? '',
        apiVersion: request?.version ?? '',
        resource: request?.resource ?? '',
        subresource: request?.subresource ?? '',
        namespace: request?.namespace ?? '',
        name: request?.name ?? '',
        username: identity?.username ?? '',
        issuer: identity?.issuer ?? '',
        subject: identity?.subject ?? '',
        groups: identity?.groups ?? [],
        credentialKind: identity?.credential.kind ?? '',
        credentialId: identity?.credential.id ?? '',
        mapping: grant?.mapping ?? '',
        mappedUser: grant?.user ?? '',
        mappedGroups: grant?.groups ?? [],
        decision: decide(decision, refusal, this.begun),
        rule: decision?.rule ?? '',
        reason: refusal?.message ?? decision?.reason ?? '',
        statusCode: this.statusCode,
        bytesIn: this.bytesIn,
        bytesOut: this.bytesOut,
        upstreamRequests: this.upstreamRequests,
        revision,
        servedBy,
        annotations: {
          ...this.annotations,
          ...(refusal ? { code: refusal.code } : {}),
          ...(decision?.ruleVersion === undefined ? {} : { 'rule-version': decision.ruleVersion }),
          ...(decision?.allowed && decision.learning ? { learning: 'true' } : {}),
          ...(decision && decision.reported.length > 0
            ? {
                reported: decision.reported
                  .map((entry) => `${entry.rule}=would-${entry.effect.toLowerCase()}`)
                  .join(','),
              }
            : {}),
        },
      };
    },
  };
}

/** What an auditor filters by: `allow`, `deny` by a rule or for want of one, `refused` before anything was begun, `error` after. */
function decide(decision: Decision | undefined, refusal: AuditDraft['refusal'], begun: boolean): AuditDecision {
  if (decision && !decision.allowed) return 'deny';
  if (!refusal) return 'allow';
  return begun ? 'error' : 'refused';
}
