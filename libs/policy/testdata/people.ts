import { parseRequest } from '#kube';
import type { Identity, RequestInfo } from '#model';

/** An identity as `#identity` would mint it. */
export function person(username: string, groups: readonly string[] = [], issuer = 'demo'): Identity {
  const identity = {
    issuer, issuerUrl: `https://${issuer}.example`, subject: username, username, groups, uid: undefined, claims: {}, authenticatedAtSeconds: 1, acr: undefined,
    credential: { kind: 'bearer', id: 'digest' }, expiresAtMs: 1,
  };
  return identity as unknown as Identity;
}

/** `GET /api` → RequestInfo. */
export function request(line: string): RequestInfo {
  const space = line.indexOf(' ');
  const parsed = parseRequest(line.slice(0, space), line.slice(space + 1));
  if (!parsed.ok) throw new Error(`${line}: ${parsed.message}`);
  return parsed.request;
}
