import type { CompiledExpression } from '#cel';
import type { CompiledIssuer } from './compile-issuers.ts';

type Claims = Readonly<Record<string, unknown>>;
type Read<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly message: string };
type Mapping = {
  readonly claim?: string | undefined;
  readonly prefix?: string;
  readonly expression?: string | undefined;
};

const MAX_NAME_BYTES = 1024;
const own = (claims: Claims, claim: string): unknown => (Object.hasOwn(claims, claim) ? claims[claim] : undefined);

/** Exactly one name, prefix included. */
export function readUsername(issuer: CompiledIssuer, claims: Claims): Read<{ readonly value: string }> {
  const { username: mapping } = issuer.claimMappings;
  const { username: expression } = issuer.naming;
  if (mapping.claim !== undefined) {
    if (typeof own(claims, mapping.claim) !== 'string')
      return { ok: false, message: `has no text in its claim "${mapping.claim}", which names the user` };
    // Kubernetes' rule: an address that the provider says is not verified names nobody.
    const verified = own(claims, 'email_verified');
    if (mapping.claim === 'email' && verified !== undefined && verified !== true)
      return { ok: false, message: 'has an e-mail address that is not verified' };
  }
  const read = readNames(mapping, expression, claims, { what: 'user name', many: false });
  if (!read.ok) return read;
  const [value] = read.values;
  return value === undefined ? { ok: false, message: 'does not name the user' } : { ok: true, value };
}

/**
 * The names that a mapping makes of the claims, prefix included; none where there is no mapping or no claim. Of an
 * expression `""`, `[]` and null mean none, as in Kubernetes. A name of a wrong type, empty or hostile refuses all.
 */
export function readNames(
  mapping: Mapping | undefined,
  expression: CompiledExpression | undefined,
  claims: Claims,
  { what, many } = { what: 'group name', many: true },
): Read<{ readonly values: readonly string[] }> {
  if (mapping === undefined) return { ok: true, values: [] };
  let raw: unknown;
  if (expression) {
    const result = expression.evaluate(claims);
    if (!result.ok) return { ok: false, message: `cannot be named by the issuer's expression: ${result.problem}` };
    raw = result.value === '' ? undefined : result.value;
  } else {
    raw = own(claims, mapping.claim as string);
    const overage = raw === undefined ? findOverage(claims, mapping.claim as string) : undefined;
    if (overage !== undefined) return { ok: false, message: overage };
  }
  if (!many && !expression && raw === undefined)
    return { ok: false, message: `does not have the claim "${mapping.claim}", which gives the ${what}` };
  if (raw === undefined || raw === null) return { ok: true, values: [] };
  if (!many && typeof raw !== 'string')
    return { ok: false, message: `has something other than text in its ${describe(mapping)}` };
  const values: string[] = [];
  for (const name of Array.isArray(raw) ? (raw as readonly unknown[]) : [raw]) {
    if (typeof name !== 'string')
      return { ok: false, message: `has something other than text in its ${describe(mapping)}` };
    const problem = nameProblem(name);
    if (problem) return { ok: false, message: `has a ${what} that ${problem}` };
    values.push((mapping.prefix ?? '') + name);
  }
  return { ok: true, values };
}

const describe = (mapping: Mapping): string =>
  mapping.claim === undefined ? 'expression' : `claim "${mapping.claim}"`;

/**
 * OpenID Connect Core section 5.6.2: a provider that finds the groups too many (Entra ID from 200 on) leaves them out
 * and names a place to fetch them instead. Taken as "no groups", somebody would lose a Deny that is meant for a group.
 */
function findOverage(claims: Claims, claim: string): string | undefined {
  const names = own(claims, '_claim_names');
  if (typeof names !== 'object' || names === null || !Object.hasOwn(names, claim)) return undefined;
  return `holds too many groups: its provider left out the claim "${claim}" and names a place to fetch it (_claim_names), which this gateway does not do; limit the groups in the token at the provider (only those assigned to the application, or application roles)`;
}

export function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'is blank';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (!name.isWellFormed()) return 'is not valid Unicode';
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'holds control characters';
  if (/^\s|\s$/.test(name)) return 'begins or ends with a blank';
  return undefined;
}
