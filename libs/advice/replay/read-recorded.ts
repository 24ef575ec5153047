import { parseRequest, readClusterPrefix } from '#kube';
import type { AuditRecord, RequestInfo } from '#model';

/**
 * Why a record says nothing about access rules: it was refused before any rule was asked; it was no request of a person
 * to a cluster (a login, a command, the gateway's own question); or what is left of its target no longer reads as it did.
 */
export type NotReplayed = 'refusedBefore' | 'noRequest' | 'readsOtherwise';

export type ReadRecorded =
  | { readonly ok: true; readonly request: RequestInfo; readonly upgrade: boolean }
  | { readonly ok: false; readonly why: NotReplayed };

/** What policy would be asked again. The reading is compared with the recorded one: a redacted query must not change it. */
export function readRecorded(record: AuditRecord): ReadRecorded {
  if (record.decision === 'refused') return { ok: false, why: 'refusedBefore' };
  const prefix = readClusterPrefix(record.requestUri);
  if (
    record.issuer === '' ||
    record.method === '' ||
    record.cluster === '' ||
    (prefix.kind !== 'cluster' && prefix.kind !== 'default')
  )
    return { ok: false, why: 'noRequest' };
  const parsed = parseRequest(record.method, prefix.target);
  if (!parsed.ok) return { ok: false, why: 'readsOtherwise' };
  const { request } = parsed;
  const same =
    request.verb === record.verb &&
    request.group === record.apiGroup &&
    request.version === record.apiVersion &&
    request.resource === record.resource &&
    request.subresource === record.subresource &&
    request.namespace === record.namespace &&
    request.name === record.name;
  if (!same) return { ok: false, why: 'readsOtherwise' };
  const upgrade = record.annotations.upgrade !== undefined || record.statusCode === 101;
  return { ok: true, request, upgrade };
}
