import type { AuditQueue } from '#audit';
import { readRequestHeaders } from '#kube';
import { createAuditDraft, GATEWAY_CLUSTER, uuidV7, type PipelineSettings } from '#pipeline';
import type { RefusalCounter } from '#limits';
import type { RecordAct } from './http/ports.ts';
import { readSourceAddress } from './read-source-address.ts';

/** Control-plane acts (login, logout, stored tokens) leave a record like any request, on the virtual cluster. */
export function createActRecorder(ports: {
  audit: Pick<AuditQueue, 'record'>;
  refusals: Pick<RefusalCounter, 'admit'>;
  /** Told of each login that ended. */
  loginEnded(outcome: 'success' | 'failure' | 'limited'): void;
  settings: PipelineSettings;
  now(): number;
  revision(): number;
}): RecordAct {
  return (act) => {
    const nowMs = ports.now();
    const { request } = act;
    if (act.verb === 'login')
      ports.loginEnded(act.outcome === 'allow' ? 'success' : act.code === 'tooManyRequests' ? 'limited' : 'failure');
    const sourceAddress = readSourceAddress(request, ports.settings.addresses);
    // A flood of failing logins is counted like any other anonymous one.
    const isAnonymous = act.outcome === 'refused' && !act.identity;
    if (isAnonymous && !ports.refusals.admit(sourceAddress, act.code ?? 'invalidCredential')) return;
    const draft = createAuditDraft(
      uuidV7(nowMs),
      nowMs,
      ports.revision(),
      request.method ?? '',
      request.url ?? '',
      ports.settings.servedBy,
    );
    const read = readRequestHeaders(request.rawHeaders);
    draft.sourceAddress = sourceAddress;
    draft.userAgent = read.ok ? (read.headers.userAgent ?? '') : '';
    draft.cluster = GATEWAY_CLUSTER;
    draft.identity = act.identity;
    draft.statusCode = act.statusCode;
    if (act.code) draft.annotations.code = act.code;
    ports.audit.record({
      ...draft.toRecord('ResponseComplete', nowMs),
      verb: act.verb,
      apiGroup: 'gatehouse.dev',
      apiVersion: 'v1alpha1',
      resource: act.resource,
      name: act.name ?? '',
      ...act.person,
      decision: act.outcome,
      reason: act.reason ?? '',
    });
  };
}
