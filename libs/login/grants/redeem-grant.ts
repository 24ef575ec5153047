import { createHash, timingSafeEqual } from 'node:crypto';
import { POLL_SECONDS } from './begin-device-login.ts';
import { grantDigest } from './codes.ts';
import type { GrantError, GrantOwner, GrantRefusal, LoginGrant, LoginGrantStore } from './ports.ts';

export const DEVICE_GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code';
const CODE_GRANT_TYPE = 'authorization_code';
/** A program whose clock or network wavers by this much is not asked to slow down. */
const POLL_SLACK_MS = 500;
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

export type Redeemed =
  | { readonly ok: true; readonly grant: LoginGrant & { readonly owner: GrantOwner } }
  | GrantRefusal;

export interface RedeemPorts {
  readonly grants: Pick<LoginGrantStore, 'pollGrant' | 'takeGrant'>;
  /** Called with the owner of an approved grant before it is taken; what it throws leaves the grant. */
  beforeTaking(owner: GrantOwner): Promise<void>;
  now(): number;
}

/**
 * A token request (RFC 6749 section 4.1.3, RFC 8628 section 3.4). Answers with the grant once, at one worker of one
 * replica; from then on it is gone.
 */
export async function redeemGrant(
  parameters: Readonly<Record<string, unknown>>,
  ports: RedeemPorts,
): Promise<Redeemed> {
  const { grant_type: type, client_id: clientId } = parameters;
  if (type !== DEVICE_GRANT_TYPE && type !== CODE_GRANT_TYPE)
    return refuse('unsupported_grant_type', `grant_type is ${DEVICE_GRANT_TYPE} or ${CODE_GRANT_TYPE}`);
  const kind = type === DEVICE_GRANT_TYPE ? 'device' : 'code';
  const secret = kind === 'device' ? parameters.device_code : parameters.code;
  if (typeof secret !== 'string' || secret === '')
    return refuse('invalid_request', `send ${kind === 'device' ? 'device_code' : 'code'}, once`);
  const nowMs = ports.now();
  const grant = await ports.grants.pollGrant(grantDigest(secret), nowMs);
  if (!grant || grant.kind !== kind || grant.clientId !== clientId)
    return refuse('invalid_grant', 'the code is not known, was given to another client, or was used before');
  const problem = kind === 'device' ? devicePoll(grant, nowMs) : undefined;
  if (problem) return problem;
  if (nowMs >= grant.expiresAtMs)
    return refuse(kind === 'device' ? 'expired_token' : 'invalid_grant', 'the code has expired; begin again');
  const { owner } = grant;
  if (owner) await ports.beforeTaking(owner);
  // Taken before the proof is looked at: a code is good for one attempt.
  if (!owner || !(await ports.grants.takeGrant(grant.id)))
    return refuse('invalid_grant', 'the code was used before; begin again');
  if (kind === 'code' && !isProved(grant, parameters))
    return { ...refuse('invalid_grant', 'redirect_uri or code_verifier do not fit; begin again'), grant };
  return { ok: true, grant: { ...grant, owner } };
}

function devicePoll(grant: LoginGrant, nowMs: number): GrantRefusal | undefined {
  if (nowMs >= grant.expiresAtMs) return refuse('expired_token', 'nobody typed the code in time; begin again');
  if (grant.state === 'denied') return refuse('access_denied', 'the login was refused in the browser');
  const { polledAtMs } = grant;
  if (polledAtMs !== undefined && nowMs - polledAtMs < POLL_SECONDS * 1000 - POLL_SLACK_MS)
    return refuse('slow_down', 'wait five seconds longer between two requests');
  if (grant.state === 'pending') return refuse('authorization_pending', 'the code has not been typed yet');
  return undefined;
}

/** RFC 7636 section 4.6; the address is compared too (RFC 6749 section 4.1.3). */
function isProved(grant: LoginGrant, { code_verifier: verifier, redirect_uri: redirectUri }: Record<string, unknown>) {
  if (typeof verifier !== 'string' || !VERIFIER.test(verifier) || redirectUri !== grant.redirectUri) return false;
  const wanted = Buffer.from(grant.challenge ?? '');
  const given = Buffer.from(createHash('sha256').update(verifier).digest('base64url'));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

const refuse = (error: GrantError, description: string): GrantRefusal => ({ ok: false, error, description });
