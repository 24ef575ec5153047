import type { Credential, Identity } from '#model';
import type { CompiledIssuer } from './compile-issuers.ts';

export type IdentityResult =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly message: string };

const MAX_NAME_BYTES = 1024;

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
  const { username: usernameMapping, groups: groupsMapping, uid: uidMapping } = issuer.claimMappings;

  const subject = own('sub');
  if (typeof subject !== 'string') return bad('has no subject');
  const subjectProblem = nameProblem(subject);
  if (subjectProblem) return bad(`has a subject that ${subjectProblem}`);
  // Judged here and not with the signature, so that a browser session and a remembered bearer obey a new rule at once.
  for (const { claim, requiredValue } of issuer.claimValidationRules ?? []) {
    if (own(claim) !== requiredValue) return bad(`does not have the value that is required in its claim "${claim}"`);
  }
  const username = own(usernameMapping.claim);
  if (typeof username !== 'string')
    return bad(`has no text in its claim "${usernameMapping.claim}", which names the user`);
  const usernameProblem = nameProblem(username);
  if (usernameProblem) return bad(`has a user name that ${usernameProblem}`);
  // Kubernetes' rule: an address that the provider says is not verified names nobody.
  if (usernameMapping.claim === 'email' && own('email_verified') !== undefined && own('email_verified') !== true)
    return bad('has an e-mail address that is not verified');
  const full = usernameMapping.prefix + username;
  if (full.startsWith('system:')) return bad('has a reserved user name (system:…)');

  const groups: string[] = [];
  const rawGroups = groupsMapping ? own(groupsMapping.claim) : undefined;
  if (groupsMapping && rawGroups !== undefined && rawGroups !== null) {
    const list: readonly unknown[] = Array.isArray(rawGroups) ? rawGroups : [rawGroups];
    for (const group of list) {
      if (typeof group !== 'string') return bad(`has something other than text in its claim "${groupsMapping.claim}"`);
      const problem = nameProblem(group);
      if (problem) return bad(`has a group name that ${problem}`);
      groups.push(groupsMapping.prefix + group);
    }
  }
  const uid = uidMapping ? own(uidMapping.claim) : undefined;
  if (uid !== undefined && (typeof uid !== 'string' || nameProblem(uid)))
    return bad(`has no usable text in its claim "${uidMapping?.claim}"`);
  // Never `iat`: a token that was refreshed, or given on an old session of the provider, is no new authentication.
  const authTime = own('auth_time');
  const acr = own('acr');
  const identity = {
    issuer: issuer.name,
    issuerUrl: issuer.issuer.url,
    subject,
    username: full,
    groups,
    uid,
    claims,
    authenticatedAtSeconds: typeof authTime === 'number' ? authTime : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
    credential,
    expiresAtMs,
  };
  return { ok: true, identity: identity as unknown as Identity };
}

function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'is blank';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (!name.isWellFormed()) return 'is not valid Unicode';
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'holds control characters';
  if (/^\s|\s$/.test(name)) return 'begins or ends with a blank';
  return undefined;
}
