import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as client from 'openid-client';
import type { ErrorCode } from '#errors';
import { findGatehouseError } from './create-provider-fetch.ts';
import { describeClientRefusal, isClientRefusal } from './client-refusal.ts';
import { LOGIN_COOKIE, SESSION_COOKIE, clearedCookie, cookieValues, sessionCookie } from './cookies.ts';
import type { LoginPorts, LoginSession, ProviderTokens } from './ports.ts';
import type { LoginIssuer } from './login-issuer.ts';
import { findUnmetDemand } from './read-demands.ts';
import { readTokens, type Claims } from './read-tokens.ts';
import { openTransaction, type Transaction } from './transaction.ts';

export type FinishedLogin =
  | {
      readonly ok: true;
      readonly setCookies: readonly string[];
      readonly returnTo: string;
      readonly issuer: string;
      readonly issuerUrl: string;
      readonly subject: string;
      readonly claims: Readonly<Record<string, unknown>>;
      readonly sessionId: string;
    }
  | {
      readonly ok: false;
      readonly setCookies: readonly string[];
      readonly code: ErrorCode;
      readonly message: string;
      readonly issuer: string | undefined;
      readonly cause?: unknown;
    };

/** Whence a session is opened. */
type Client = Pick<LoginSession, 'sourceAddress' | 'userAgent'>;
const BEGIN_AGAIN = 'begin again at /-/';

/**
 * Ends a login: checks state, issuer (RFC 9207), nonce and PKCE, and makes a session. Its token is new at each login
 * and the browser's former session is deleted, so that nobody can fix a session in advance.
 *
 * @param input `query` as received (with `?`), `cookieHeader` as received.
 */
export async function finishLogin(
  input: {
    readonly query: string;
    readonly cookieHeader: string | undefined;
    readonly client?: Client;
    readonly request?: IncomingMessage;
  },
  ports: LoginPorts,
): Promise<FinishedLogin> {
  const sealed = cookieValues(input.cookieHeader, LOGIN_COOKIE);
  const transaction = sealed.length === 1 ? openTransaction(sealed[0] as string, ports.sealer, ports.now()) : undefined;
  const spent = [clearedCookie(LOGIN_COOKIE)];
  const refuse = (code: ErrorCode, message: string, cause?: unknown, setCookies = spent): FinishedLogin => ({
    ok: false,
    setCookies,
    code,
    message,
    issuer: transaction?.issuer,
    cause,
  });
  if (!transaction)
    return refuse('badRequest', `this login was not begun in this browser, or has taken too long; ${BEGIN_AGAIN}`);
  const { state } = transaction;
  const parameters = new URLSearchParams(input.query);
  // The cookie stays: any page can send a browser here with a state of its own, and must not end the login by that.
  if (parameters.getAll('state').length !== 1 || parameters.get('state') !== state)
    return refuse(
      'badRequest',
      `the answer of the login provider does not belong to this login; ${BEGIN_AGAIN}`,
      undefined,
      [],
    );
  if (!(await ports.claimState(state)))
    return refuse('badRequest', `this login has already been finished; ${BEGIN_AGAIN}`);
  if (parameters.has('error'))
    return refuse(
      'invalidCredential',
      `the login provider refused the login (${describeError(parameters.get('error') ?? '')})`,
      parameters.get('error_description') ?? undefined,
    );

  let clientId = '';
  try {
    const { issuer, configuration } = await ports.providers.configure(transaction.issuer);
    clientId = issuer.clientId;
    const redeemed = await redeemCode(input.query, transaction, issuer, configuration, ports.callbackUrl);
    if (!redeemed) return refuse('invalidCredential', 'the login provider gave no ID token of its own');
    const { claims } = redeemed;
    const problem =
      findUnmetDemand(transaction.demands ?? {}, claims, ports.now()) ?? ports.findClaimProblem?.(issuer.name, claims);
    if (problem !== undefined) return refuse('invalidCredential', problem);
    const sessionId = randomUUID();
    if (input.request)
      await ports.beforeSession?.(input.request, { issuer: issuer.name, subject: claims.sub, claims, sessionId });
    // First: a session that could not be ended must not live on beside the new one.
    const former = [...transaction.formerSessions, ...cookieValues(input.cookieHeader, SESSION_COOKIE)];
    for (const token of new Set(former)) await ports.sessions.delete(token);
    const token = await createSession(sessionId, issuer, redeemed, input.client, ports);
    return {
      ok: true,
      setCookies: [...spent, sessionCookie(token, ports.absoluteTimeoutSeconds)],
      returnTo: transaction.returnTo,
      issuer: issuer.name,
      issuerUrl: issuer.url,
      subject: claims.sub,
      claims,
      sessionId,
    };
  } catch (error) {
    const known = findGatehouseError(error);
    if (known) return refuse(known.code, known.message, known.cause);
    ports.providers.forget(transaction.issuer);
    return refuse('invalidCredential', describeFailure(error, clientId), error);
  }
}

/** For the person; what an admin needs beside it is in `cause`, which the gateway writes into its log. */
function describeFailure(error: unknown, clientId: string): string {
  if (isClientRefusal(error)) return describeClientRefusal(clientId);
  if (error instanceof client.ResponseBodyError)
    return `the login provider did not go on with this login (${describeError(error.error)}); ${BEGIN_AGAIN}`;
  return `the answer of the login provider could not be verified; ${BEGIN_AGAIN}, or ask an admin: the log of the gateway says why`;
}

/** What the code gives; undefined where its ID token is not one of this issuer. */
async function redeemCode(
  query: string,
  transaction: Transaction,
  issuer: LoginIssuer,
  configuration: client.Configuration,
  callbackUrl: string,
): ReturnType<typeof readTokens> {
  // The configured callback, never one made of `Host`: it is also what the provider compares (RFC 6749 section 4.1.3).
  const callback = new URL(callbackUrl);
  callback.search = query;
  const tokens = await client.authorizationCodeGrant(configuration, callback, {
    pkceCodeVerifier: transaction.codeVerifier,
    expectedState: transaction.state,
    expectedNonce: transaction.nonce,
    idTokenExpected: true,
  });
  return await readTokens(issuer, configuration, tokens);
}

async function createSession(
  id: string,
  issuer: LoginIssuer,
  { claims, tokens }: { readonly claims: Claims; readonly tokens: ProviderTokens },
  origin: Client | undefined,
  ports: LoginPorts,
): Promise<string> {
  const now = ports.now();
  const session: LoginSession = {
    id,
    issuer: issuer.name,
    issuerUrl: issuer.url,
    subject: claims.sub,
    claims,
    createdAtMs: now,
    lastSeenAtMs: now,
    expiresAtMs: now + ports.absoluteTimeoutSeconds * 1000,
    idleTimeoutMs: ports.idleTimeoutSeconds * 1000,
    authenticatedAtSeconds: typeof claims.auth_time === 'number' ? claims.auth_time : undefined,
    acr: typeof claims.acr === 'string' ? claims.acr : undefined,
    ...origin,
    ...(typeof claims.sid === 'string' && claims.sid !== '' ? { providerSessionId: claims.sid } : {}),
    ...(tokens.refreshToken === undefined ? {} : { refreshAfterMs: now + ports.refreshIntervalSeconds * 1000 }),
  };
  return await ports.sessions.create(session, tokens);
}

/** An error code of RFC 6749 section 4.1.2.1, as text that can stand in a page. */
const describeError = (error: string): string => (/^[a-z_]{1,40}$/.test(error) ? error : 'unknown error');
