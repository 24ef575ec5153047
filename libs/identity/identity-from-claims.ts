import { reservedBeginningOf } from '#kube';
import type { Credential, Identity } from '#model';
import type { CompiledIssuer } from './compile-issuers.ts';
import { findBrokenClaimRule } from './find-broken-claim-rule.ts';
import { nameProblem, readNames, readUsername } from './read-names.ts';

export type IdentityResult =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly message: string };

/**
 * Names a person by the issuer's claim mappings. The same function for bearers and sessions, so that both make the
 * same person. A claim of the wrong type, an empty or hostile name refuses; nothing is mended.
 */
export function identityFromClaims(
  issuer: CompiledIssuer,
  claims: Readonly<Record<string, unknown>>,
  credential: Credential,
  expiresAtMs: number,
): IdentityResult {
  const bad = (message: string): IdentityResult => ({
    ok: false,
    message: `the token of issuer "${issuer.name}" ${message}`,
  });
  const own = (claim: string): unknown => (Object.hasOwn(claims, claim) ? claims[claim] : undefined);
  const { naming, claimMappings } = issuer;

  const subject = own('sub');
  if (typeof subject !== 'string') return bad('has no subject');
  const subjectProblem = nameProblem(subject);
  if (subjectProblem) return bad(`has a subject that ${subjectProblem}`);
  // Judged here and not with the signature, so that a browser session and a remembered bearer obey a new rule at once.
  const rule = findBrokenClaimRule(issuer, claims);
  if (rule !== undefined) return bad(rule);

  const username = readUsername(issuer, claims);
  if (!username.ok) return bad(username.message);
  const reserved = reservedBeginningOf(username.value);
  if (reserved !== undefined) return bad(`has a reserved user name (${reserved}…)`);
  const groups = readNames(claimMappings.groups, naming.groups, claims);
  if (!groups.ok) return bad(groups.message);
  // Groups of `system:` are left to the mapping, which sends one only where it names it; no mapping names the others.
  if (groups.values.some((group) => reservedBeginningOf(group) === 'gatehouse:'))
    return bad('has a reserved group name (gatehouse:…)');
  const uid = readNames(claimMappings.uid, naming.uid, claims, { what: 'uid', many: false });
  if (!uid.ok) return bad(uid.message);
  const extra: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
  for (const { key, value } of naming.extra) {
    const read = readNames({ expression: '' }, value, claims);
    if (!read.ok) return bad(`${read.message} (extra "${key}")`);
    if (read.values.length > 0) extra[key] = read.values;
  }
  const user = { username: username.value, groups: groups.values, uid: uid.values[0] ?? '', extra };
  for (const { expression, message } of naming.userRules) {
    const held = expression.evaluate(user);
    if (!held.ok || held.value !== true) return bad(`makes a user that is refused: ${message}`);
  }
  // Never `iat`: a token that was refreshed, or given on an old session of the provider, is no new authentication. And
  // whoever holds an access token has proved nothing: the claims are those of the login at which it was made.
  const isLogin = credential.kind !== 'token';
  const authTime = isLogin ? own('auth_time') : undefined;
  const acr = isLogin ? own('acr') : undefined;
  const identity = {
    issuer: issuer.name,
    issuerUrl: issuer.issuer.url,
    subject,
    username: username.value,
    groups: groups.values,
    uid: uid.values[0],
    extra,
    claims,
    authenticatedAtSeconds: typeof authTime === 'number' ? authTime : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
    credential,
    expiresAtMs,
  };
  return { ok: true, identity: identity as unknown as Identity };
}
