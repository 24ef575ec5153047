import { parseRequest } from '#kube';
import { methodOfVerb } from '../method-of-verb.ts';
import type { SubjectNames } from '../rbac/convert-subject.ts';
import type { GatheredRequest } from '../replay/gather-requests.ts';

/** As much of an `audit.k8s.io/v1` Event as is needed. */
interface Event {
  readonly kind?: unknown;
  readonly auditID?: unknown;
  readonly stage?: unknown;
  readonly verb?: unknown;
  readonly requestURI?: unknown;
  readonly user?: User;
  readonly impersonatedUser?: User;
  readonly sourceIPs?: readonly unknown[];
  readonly responseStatus?: { readonly code?: unknown };
  readonly requestReceivedTimestamp?: unknown;
}

interface User {
  readonly username?: unknown;
  readonly groups?: unknown;
}

export type KubeAuditLine =
  | { readonly ok: true; readonly request: GatheredRequest }
  /** `noPerson`: a part of the cluster, or nobody. `unreadable`: no event, or one that reads otherwise here. */
  | { readonly ok: false; readonly why: 'noPerson' | 'notUsed' | 'unreadable' };

/**
 * One line of the API server's own audit log as a request of a person of the issuer. Who is impersonated is the
 * person; names are turned into the issuer's. Any level of the audit policy will do.
 */
export function readKubeAuditLine(line: string, cluster: string, names: SubjectNames): KubeAuditLine {
  let event: Event;
  try {
    event = JSON.parse(line) as Event;
  } catch {
    return { ok: false, why: 'unreadable' };
  }
  const { kind, stage, verb, requestURI, responseStatus } = event ?? {};
  if (kind !== 'Event' || typeof verb !== 'string' || typeof requestURI !== 'string')
    return { ok: false, why: 'unreadable' };
  const code = responseStatus?.code;
  // Of a watch that is still open only the start is there.
  if (stage !== 'ResponseComplete' && stage !== 'ResponseStarted') return { ok: false, why: 'notUsed' };
  if (code === 401 || code === 403) return { ok: false, why: 'notUsed' };

  const user = event.impersonatedUser ?? event.user;
  const username = rename(user?.username, names.userPrefix);
  if (username === undefined) return { ok: false, why: 'noPerson' };
  const groups = Array.isArray(user?.groups)
    ? user.groups.flatMap((group) => rename(group, names.groupPrefix) ?? [])
    : [];
  // The API server logs OPTIONS with the empty verb.
  const method = verb === '' ? 'OPTIONS' : (methodOfVerb(verb) ?? verb.toUpperCase());
  const parsed = parseRequest(method, requestURI);
  if (!parsed.ok || parsed.request.verb !== verb) return { ok: false, why: 'unreadable' };
  const { request } = parsed;
  return {
    ok: true,
    request: {
      person: { issuer: names.issuer, username, groups },
      cluster,
      request,
      upgrade: code === 101,
      sourceAddress: typeof event.sourceIPs?.[0] === 'string' ? event.sourceIPs[0] : '',
      count: stage === 'ResponseComplete' ? 1 : 0,
      allowed: 1,
      used: 1,
      lastAtMs: Date.parse(String(event.requestReceivedTimestamp)) || 0,
      auditId: typeof event.auditID === 'string' ? event.auditID : '',
    },
  };
}

/** The issuer's name of somebody; undefined for what is not of it. */
function rename(name: unknown, prefix: SubjectNames['userPrefix']): string | undefined {
  if (typeof name !== 'string' || name === '' || name.startsWith('system:')) return undefined;
  if (prefix === undefined) return name;
  return name.startsWith(prefix.from) ? prefix.to + name.slice(prefix.from.length) : undefined;
}
