import { randomUUID } from 'node:crypto';
import { createGrantSecret, grantDigest } from './codes.ts';
import type { GrantOwner, GrantRefusal, LoginGrantStore } from './ports.ts';
import { readClient, type Client } from './read-client.ts';

const CODE_SECONDS = 60;
/** BASE64URL of a SHA-256 (RFC 7636 section 4.2). */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
const STATE = /^[\x20-\x7e]{1,512}$/;

/** An authorization request (RFC 6749 section 4.1.1) of a program on the person's own machine. */
export interface CodeLogin extends Client {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly state: string;
}

/**
 * Reads the parameters that a browser was opened with. Only the loopback interface, by address (RFC 8252 sections 7.3
 * and 8.3): a name may lead elsewhere. PKCE and state are required.
 */
export function readCodeLogin(
  parameters: Readonly<Record<string, unknown>>,
): { ok: true; login: CodeLogin } | GrantRefusal {
  const refuse = (description: string): GrantRefusal => ({ ok: false, error: 'invalid_request', description });
  const client = readClient(parameters.client_id, parameters.client_name);
  if (!client.ok) return client;
  const { redirect_uri: redirectUri, code_challenge: challenge, state } = parameters;
  if (parameters.response_type !== 'code') return refuse('response_type is code');
  if (!isLoopback(redirectUri))
    return refuse('redirect_uri is http://127.0.0.1:<port>/… or http://[::1]:<port>/…, the program’s own address');
  if (parameters.code_challenge_method !== 'S256' || typeof challenge !== 'string' || !CHALLENGE.test(challenge))
    return refuse('code_challenge is the S256 challenge of PKCE, and code_challenge_method is S256');
  if (typeof state !== 'string' || !STATE.test(state)) return refuse('state is 1 to 512 printable characters');
  const { clientId, clientName } = client;
  return { ok: true, login: { clientId, clientName, redirectUri, challenge, state } };
}

function isLoopback(uri: unknown): uri is string {
  return typeof uri === 'string' && /^http:\/\/(127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}(\/[A-Za-z0-9._~/-]*)?$/.test(uri);
}

/** Where the browser goes when the person has agreed: back to the program, with a code that lives a minute. */
export async function approveCodeLogin(
  login: CodeLogin,
  owner: GrantOwner,
  sourceAddress: string,
  ports: { readonly grants: Pick<LoginGrantStore, 'createGrant'>; readonly externalUrl: string; now(): number },
): Promise<string> {
  const nowMs = ports.now();
  const code = createGrantSecret();
  const { clientId, clientName, redirectUri, challenge, state } = login;
  await ports.grants.createGrant({
    id: randomUUID(),
    kind: 'code',
    state: 'approved',
    clientId,
    clientName,
    sourceAddress,
    redirectUri,
    challenge,
    owner,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + CODE_SECONDS * 1000,
    digest: grantDigest(code),
    userCodeDigest: undefined,
  });
  return backTo(redirectUri, { code, state, iss: ports.externalUrl });
}

/** Where the browser goes when the person has refused. */
export function denyCodeLogin({ redirectUri, state }: CodeLogin, externalUrl: string): string {
  return backTo(redirectUri, { error: 'access_denied', state, iss: externalUrl });
}

/** `iss` says who answers (RFC 9207). */
const backTo = (redirectUri: string, parameters: Record<string, string>): string =>
  `${redirectUri}?${new URLSearchParams(parameters)}`;
