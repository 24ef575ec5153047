import type { LoginSession } from '#login';
import type { AuditRecord } from '#model';
import { createAuditDraft, GATEWAY_CLUSTER, uuidV7 } from '#pipeline';
import type { NamePerson } from '../login/name-person.ts';

/** The start record of a session's end without a request of anybody's: the provider refused to refresh it. */
export function recordOfEndedSession(
  { id, issuer, subject, claims }: LoginSession,
  reason: string,
  at: { readonly nowMs: number; readonly revision: number; readonly servedBy: string; readonly namePerson: NamePerson },
): AuditRecord {
  const draft = createAuditDraft(uuidV7(at.nowMs), at.nowMs, at.revision, '', '', at.servedBy);
  draft.cluster = GATEWAY_CLUSTER;
  const named = at.namePerson(issuer, claims);
  return {
    ...draft.toRecord('RequestReceived', at.nowMs),
    verb: 'delete',
    apiGroup: 'gatehouse.dev',
    apiVersion: 'v1alpha1',
    resource: 'sessions',
    name: id,
    issuer,
    subject,
    username: named.ok ? named.identity.username : '',
    credentialKind: 'gateway',
    decision: 'allow',
    reason,
  };
}
