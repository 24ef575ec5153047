import { GatehouseError } from '#errors';
import { ORIGINAL_USER_KEY } from '#kube';
import type { Grant, ImpersonateGrant } from '#model';
import type { ForwardInput } from './ports.ts';
import { utf8HeaderValue } from './encode-header-value.ts';

/** Header names that only this file may add; finding one among the client's is a broken invariant. */
const OURS = new Set([
  'host',
  'authorization',
  'audit-id',
  'x-forwarded-for',
  'x-real-ip',
  'connection',
  'upgrade',
  'forwarded',
]);
const PLAIN = /^[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/**
 * The upstream's request headers, flat (`[name, value, …]`), values as latin1 strings of the exact bytes.
 *
 * Identity headers are set last, after everything of the client's that `Connection` names is gone (CVE-2021-31999).
 * In impersonation mode exactly one non-empty `Impersonate-User` goes out, one `Impersonate-Group` line a group, and
 * the gateway's own token if it has one; in the token modes that token and no `Impersonate-*`.
 *
 * @throws GatehouseError `internal` where a precondition that the earlier stages guarantee does not hold.
 */
export function buildUpstreamHeaders(
  input: Pick<ForwardInput, 'decision' | 'grant' | 'serviceAccountToken' | 'headers' | 'auditId' | 'clientAddress'> & {
    readonly upstream: Pick<ForwardInput['upstream'], 'name' | 'hostHeader' | 'gatewayAuthorization'>;
  },
): string[] {
  const { decision, grant, headers, upstream } = input;
  if (decision.allowed !== true) throw broken('a request that was not allowed');
  if (decision.cluster !== upstream.name || grant.cluster !== upstream.name)
    throw broken('a decision or grant for another cluster');
  checkActing(grant, headers.hasImpersonation);
  if ((grant.mode === 'serviceAccount') !== (input.serviceAccountToken !== undefined))
    throw broken('a service-account token without its grant, or the grant without its token');

  const out: string[] = ['Host', upstream.hostHeader];
  const { passThrough } = headers;
  for (let i = 0; i < passThrough.length; i += 2) {
    const name = passThrough[i] as string;
    const lower = name.toLowerCase();
    if (OURS.has(lower) || lower.startsWith('impersonate-') || lower.startsWith('x-remote-'))
      throw broken(`the client's ${lower}`);
    out.push(name, passThrough[i + 1] as string);
  }
  out.push('X-Forwarded-For', input.clientAddress, 'Audit-ID', input.auditId);

  if (grant.mode === 'impersonate') {
    const authorization = upstream.gatewayAuthorization();
    if (authorization !== undefined) out.push('Authorization', checked(authorization));
    out.push(...impersonationLines(grant));
  } else {
    const token = grant.mode === 'serviceAccount' ? input.serviceAccountToken : grant.token;
    if (!token) throw broken('an empty token');
    out.push('Authorization', checked(`Bearer ${token}`));
  }
  return out;
}

/** A Grant never changes, and serves many requests of one person. */
const linesOfGrant = new WeakMap<ImpersonateGrant, readonly string[]>();

function impersonationLines(grant: ImpersonateGrant): readonly string[] {
  const known = linesOfGrant.get(grant);
  if (known) return known;
  // An empty user means no impersonation at all: the request would run as the gateway.
  const lines = ['Impersonate-User', checked(utf8HeaderValue(grant.user))];
  for (const group of grant.groups) lines.push('Impersonate-Group', checked(utf8HeaderValue(group)));
  if (grant.uid !== undefined) lines.push('Impersonate-Uid', checked(utf8HeaderValue(grant.uid)));
  for (const [key, values] of Object.entries(grant.extra)) {
    for (const value of values) lines.push(`Impersonate-Extra-${encodeExtraKey(key)}`, checked(utf8HeaderValue(value)));
  }
  linesOfGrant.set(grant, lines);
  return lines;
}

/** Who acts as somebody else was judged for that, and is named; nobody else sends that name. */
function checkActing(grant: Grant, hasImpersonation: boolean): void {
  const original = grant.mode === 'impersonate' ? grant.originalUser : undefined;
  if (hasImpersonation !== (original !== undefined)) throw broken('inbound impersonation headers that nobody judged');
  const named = grant.mode === 'impersonate' ? grant.extra[ORIGINAL_USER_KEY] : undefined;
  if (original === '' || (named?.length ?? 0) > 1 || named?.[0] !== original)
    throw broken('an identity that does not say who acts as it');
}

/** Extra keys are lower-case and percent-encoded but for token characters (Kubernetes, "User impersonation"). */
function encodeExtraKey(key: string): string {
  let out = '';
  for (const byte of Buffer.from(key.toLowerCase(), 'utf8')) {
    const char = String.fromCharCode(byte);
    out += /[a-z0-9!#$&'*+.^_`|~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

function checked(value: string): string {
  if (!PLAIN.test(value)) throw broken('an identity header value that cannot stand in a header');
  return value;
}

function broken(what: string): GatehouseError {
  return new GatehouseError('internal', undefined, { cause: new Error(`forward was given ${what}`) });
}
