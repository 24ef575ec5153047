import type { IncomingMessage } from 'node:http';
import type { AuditQueue } from '#audit';
import { readRequestHeaders } from '#kube';
import type { AuditRecord } from '#model';
import { createAuditDraft, GATEWAY_CLUSTER, uuidV7, type PipelineSettings } from '#pipeline';
import type { RefusalCounter } from '#limits';
import type { Act, FailAct, RecordAct, StartAct } from './http/ports.ts';
import { readSourceAddress } from './read-source-address.ts';

export interface ActRecorder {
  readonly start: StartAct;
  readonly record: RecordAct;
  readonly fail: FailAct;
}

interface Started {
  readonly act: Act;
  readonly auditId: string;
  readonly atMs: number;
  saved: boolean;
}

/** Control-plane acts (login, logout, stored tokens) leave a record like any request, on the virtual cluster. */
export function createActRecorder(ports: {
  audit: Pick<AuditQueue, 'record' | 'recordDurably'>;
  refusals: Pick<RefusalCounter, 'admit'>;
  /** Called for each login that ended. */
  loginEnded(outcome: 'success' | 'failure' | 'limited'): void;
  settings: PipelineSettings;
  now(): number;
  revision(): number;
}): ActRecorder {
  const started = new WeakMap<IncomingMessage, Started>();

  function recordOf(act: Act, { auditId, atMs }: Pick<Started, 'auditId' | 'atMs'>): AuditRecord {
    const { request } = act;
    const draft = createAuditDraft(
      auditId,
      atMs,
      ports.revision(),
      request.method ?? '',
      request.url ?? '',
      ports.settings.servedBy,
    );
    const read = readRequestHeaders(request.rawHeaders);
    draft.sourceAddress = readSourceAddress(request, ports.settings.addresses);
    draft.userAgent = read.ok ? (read.headers.userAgent ?? '') : '';
    draft.cluster = GATEWAY_CLUSTER;
    draft.identity = act.identity;
    return {
      ...draft.toRecord('RequestReceived', atMs),
      verb: act.verb,
      apiGroup: 'gatehouse.dev',
      apiVersion: 'v1alpha1',
      resource: act.resource,
      name: act.name ?? '',
      ...act.person,
    };
  }

  function complete(
    act: Act,
    of: Pick<Started, 'auditId' | 'atMs'>,
    end: Pick<AuditRecord, 'statusCode' | 'decision' | 'reason' | 'annotations'>,
  ): AuditRecord {
    const nowMs = ports.now();
    return {
      ...recordOf(act, of),
      stage: 'ResponseComplete',
      completedAtMs: nowMs,
      durationMs: nowMs - of.atMs,
      ...end,
    };
  }

  return {
    async start(act) {
      const atMs = ports.now();
      const entry: Started = { act, auditId: uuidV7(atMs), atMs, saved: false };
      started.set(act.request, entry);
      await ports.audit.recordDurably(recordOf(act, entry));
      entry.saved = true;
    },
    record(act) {
      const { request, outcome, code, statusCode, reason = '' } = act;
      if (act.verb === 'login')
        ports.loginEnded(outcome === 'allow' ? 'success' : code === 'tooManyRequests' ? 'limited' : 'failure');
      const open = started.get(request);
      started.delete(request);
      // A flood of failing logins is counted like any other anonymous one.
      const isAnonymous = outcome === 'refused' && !act.identity;
      const sourceAddress = readSourceAddress(request, ports.settings.addresses);
      if (!open && isAnonymous && !ports.refusals.admit(sourceAddress, code ?? 'invalidCredential')) return;
      const nowMs = ports.now();
      const annotations: Record<string, string> = code ? { code } : {};
      const of = open ?? { auditId: uuidV7(nowMs), atMs: nowMs };
      // A failure may know less of whose act it was than its start.
      const person = act.person?.subject ? act.person : (open?.act.person ?? act.person);
      const whole = { ...open?.act, ...act, ...(person ? { person } : {}) };
      ports.audit.record(
        complete(whole, of, { statusCode, decision: outcome, reason, annotations }),
        open !== undefined,
      );
    },
    fail(request, code, statusCode) {
      const open = started.get(request);
      if (!open) return;
      started.delete(request);
      // What could not be recorded was not carried out; of anything else that is not known.
      const decision = open.saved ? 'error' : 'refused';
      ports.audit.record(complete(open.act, open, { statusCode, decision, reason: '', annotations: { code } }), true);
    },
  };
}
