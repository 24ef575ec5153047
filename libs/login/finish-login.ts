import { randomUUID } from 'node:crypto';
import * as client from 'openid-client';
import { GatehouseError, type ErrorCode } from '#errors';
import { LOGIN_COOKIE, SESSION_COOKIE, clearedCookie, cookieValues, sessionCookie } from './cookies.ts';
import type { LoginPorts } from './ports.ts';
import { openTransaction } from './transaction.ts';

export type FinishedLogin =
  | { readonly ok: true; readonly setCookies: readonly string[]; readonly returnTo: string; readonly issuer: string; readonly issuerUrl: string; readonly subject: string; readonly claims: Readonly<Record<string, unknown>>; readonly sessionId: string }
  | { readonly ok: false; readonly setCookies: readonly string[]; readonly code: ErrorCode; readonly message: string; readonly issuer: string | undefined; readonly cause?: unknown };

/**
 * Ends a login: checks state, issuer (RFC 9207), nonce and PKCE, and makes a session. Its token is new at each login
 * and the browser's former session is deleted, so that nobody can fix a session in advance.
 *
 * @param input `query` as received (with `?`), `cookieHeader` as received.
 */
export async function finishLogin(input: { readonly query: string; readonly cookieHeader: string | undefined }, ports: LoginPorts): Promise<FinishedLogin> {
  const setCookies = [clearedCookie(LOGIN_COOKIE)];
  const refuse = (code: ErrorCode, message: string, issuer?: string, cause?: unknown): FinishedLogin => ({ ok: false, setCookies, code, message, issuer, cause });
  const sealed = cookieValues(input.cookieHeader, LOGIN_COOKIE);
  const transaction = sealed.length === 1 ? openTransaction(sealed[0] as string, ports.sealer, ports.now()) : undefined;
  if (!transaction) return refuse('badRequest', 'this login was not begun in this browser, or has taken too long; begin again at /-/');
  const { state, nonce, codeVerifier, returnTo } = transaction;
  const parameters = new URLSearchParams(input.query);
  if (parameters.getAll('state').length !== 1 || parameters.get('state') !== state) return refuse('badRequest', 'the answer of the login provider does not belong to this login; begin again at /-/', transaction.issuer);
  if (ports.usedStates.has(state)) return refuse('badRequest', 'this login has already been finished; begin again at /-/', transaction.issuer);
  ports.usedStates.add(state);
  if (parameters.has('error')) return refuse('invalidCredential', `the login provider refused the login (${describeError(parameters.get('error') ?? '')})`, transaction.issuer);

  try {
    const { issuer, configuration } = await ports.providers.configure(transaction.issuer);
    const callback = new URL(ports.callbackUrl);
    callback.search = input.query;
    const tokens = await client.authorizationCodeGrant(configuration, callback, { pkceCodeVerifier: codeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
    const claims = tokens.claims();
    if (!claims || claims.iss !== issuer.url) return refuse('invalidCredential', 'the login provider gave no ID token of its own', issuer.name);
    const now = ports.now();
    const id = randomUUID();
    const token = await ports.sessions.create({
      id, issuer: issuer.name, issuerUrl: issuer.url, subject: claims.sub, claims: { ...claims },
      createdAtMs: now, lastSeenAtMs: now,
      expiresAtMs: now + ports.absoluteTimeoutSeconds * 1000,
      idleTimeoutMs: ports.idleTimeoutSeconds * 1000,
      authenticatedAtSeconds: typeof claims.auth_time === 'number' ? claims.auth_time : claims.iat,
      acr: typeof claims.acr === 'string' ? claims.acr : undefined,
    });
    for (const former of cookieValues(input.cookieHeader, SESSION_COOKIE)) await ports.sessions.delete(former);
    return {
      ok: true, setCookies: [...setCookies, sessionCookie(token, ports.absoluteTimeoutSeconds)], returnTo,
      issuer: issuer.name, issuerUrl: issuer.url, subject: claims.sub, claims: { ...claims }, sessionId: id,
    };
  } catch (error) {
    if (error instanceof GatehouseError) return refuse(error.code, error.message, transaction.issuer, error.cause);
    return refuse('invalidCredential', 'the login provider\'s answer could not be verified; begin again at /-/', transaction.issuer, error);
  }
}

/** An error code of RFC 6749 section 4.1.2.1, as text that can stand in a page. */
const describeError = (error: string): string => (/^[a-z_]{1,40}$/.test(error) ? error : 'unknown error');
