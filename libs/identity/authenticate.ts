import { ERRORS } from '#errors';
import type { Authentication } from '#model';
import type { CompiledIssuers } from './compile-issuers.ts';
import { identityFromClaims } from './identity-from-claims.ts';
import { nameOnce } from './name-once.ts';
import type { DisabledPeople, SessionFinder, SessionRecord } from './ports.ts';
import { SESSION_COOKIE } from './session-cookie.ts';
import { ACCESS_TOKEN_PREFIX } from './access-token.ts';
import { fromAccessToken, type AccessTokenPorts } from './from-access-token.ts';
import { verifyBearer, type VerifyPorts } from './verify-bearer.ts';
import { whenFound } from './when-found.ts';

export interface AuthenticationInput {
  /** The `Authorization` header, as received. */
  readonly authorization: string | undefined;
  /** Token of the WebSocket bearer subprotocol. */
  readonly websocketBearer: string | undefined;
  /** Raw `Cookie` values. */
  readonly cookies: readonly string[];
  /** Answer of `cookieCounts`. */
  readonly cookieAllowed: boolean;
  /** The true client address, by which look-ups of strangers are limited. */
  readonly sourceAddress?: string;
}

export interface AuthenticationPorts extends VerifyPorts, AccessTokenPorts {
  readonly disabledPeople: DisabledPeople;
  readonly sessions: SessionFinder;
}

/** A session's last use is written at most this often, unless it would idle out sooner. */
const TOUCH_AFTER_MS = 60_000;
const NOT_PRESENTED: Authentication = { outcome: 'notPresented' };
const failed = (
  code: 'invalidCredential' | 'expiredCredential' | 'twoCredentials',
  message: string,
): Authentication => ({ outcome: 'failed', code, message });

/**
 * Who sent this? An explicit credential (bearer) is judged alone: beside it a cookie is not looked at, and when it
 * fails nothing else is tried. Two explicit ones are a fault of the client.
 */
export function authenticate(
  input: AuthenticationInput,
  issuers: CompiledIssuers,
  ports: AuthenticationPorts,
): Authentication | Promise<Authentication> {
  const answer = readCredential(input, issuers, ports);
  return answer instanceof Promise
    ? answer.then((later) => refuseDisabled(later, ports.disabledPeople))
    : refuseDisabled(answer, ports.disabledPeople);
}

/** Judged on every request and never remembered with the credential: a person who is disabled is so at once. */
function refuseDisabled(answer: Authentication, disabled: DisabledPeople): Authentication {
  if (answer.outcome !== 'identified' || !disabled.has(answer.identity.issuerUrl, answer.identity.subject))
    return answer;
  return { outcome: 'failed', code: 'userDisabled', message: ERRORS.userDisabled.message };
}

function readCredential(
  input: AuthenticationInput,
  issuers: CompiledIssuers,
  ports: AuthenticationPorts,
): Authentication | Promise<Authentication> {
  const { authorization, websocketBearer, sourceAddress = '' } = input;
  if (authorization !== undefined && websocketBearer !== undefined)
    return failed('twoCredentials', 'a bearer stands both in Authorization and in Sec-WebSocket-Protocol; send one');
  if (websocketBearer !== undefined) return fromBearer(websocketBearer, sourceAddress, issuers, ports);
  if (authorization !== undefined) {
    const bearer = /^bearer +([^\s]+) *$/i.exec(authorization);
    return bearer
      ? fromBearer(bearer[1] as string, sourceAddress, issuers, ports)
      : failed('invalidCredential', 'the Authorization header is no bearer token');
  }
  const tokens = sessionTokens(input.cookies);
  if (tokens.length === 0) return NOT_PRESENTED;
  if (!input.cookieAllowed)
    return {
      outcome: 'notPresented',
      message:
        'the session cookie does not count on this request (it comes from another page or site); send a bearer token or open the address yourself',
    };
  if (tokens.length > 1) return failed('twoCredentials', 'two session cookies were sent');
  return fromSession(tokens[0] as string, sourceAddress, issuers, ports);
}

function fromBearer(
  token: string,
  sourceAddress: string,
  issuers: CompiledIssuers,
  ports: AuthenticationPorts,
): Authentication | Promise<Authentication> {
  return token.startsWith(ACCESS_TOKEN_PREFIX)
    ? fromAccessToken(token, sourceAddress, issuers, ports)
    : verifyBearer(token, issuers, ports);
}

function sessionTokens(cookies: readonly string[]): string[] {
  const tokens: string[] = [];
  for (const value of cookies) {
    // Most have one cookie, or none.
    if (!value.includes(COOKIE_START)) continue;
    for (const part of value.split(';')) {
      const cookie = part.trim();
      if (cookie.startsWith(COOKIE_START)) tokens.push(cookie.slice(COOKIE_START.length));
    }
  }
  return tokens;
}
const COOKIE_START = `${SESSION_COOKIE}=`;

function fromSession(
  token: string,
  sourceAddress: string,
  issuers: CompiledIssuers,
  ports: AuthenticationPorts,
): Authentication | Promise<Authentication> {
  return whenFound(
    ports.sessions.find(token, sourceAddress),
    (session) => judgeSession(session, issuers, ports),
    'sessions cannot be looked up at the moment; try again later',
  );
}

function judgeSession(
  session: SessionRecord | undefined,
  issuers: CompiledIssuers,
  ports: AuthenticationPorts,
): Authentication {
  const now = ports.now();
  if (!session) return failed('invalidCredential', 'the session has ended; log in again');
  if (now >= session.expiresAtMs || now - session.lastSeenAtMs >= session.idleTimeoutMs)
    return failed('expiredCredential', 'the session has expired; log in again');
  const issuer = issuers.byName(session.issuer);
  if (!issuer || issuer.issuer.url !== session.issuerUrl)
    return failed('invalidCredential', 'the issuer of this session is not configured any more; log in again');
  const result = nameOnce(session, issuers, () =>
    identityFromClaims(issuer, session.claims, { kind: 'session', id: session.id }, session.expiresAtMs),
  );
  if (!result.ok) return failed('invalidCredential', result.message);
  // A short idle time-out has to see more of the use than the minute allows.
  const touchAfterMs = Math.min(TOUCH_AFTER_MS, session.idleTimeoutMs / 4);
  if (now - session.lastSeenAtMs >= touchAfterMs) ports.sessions.touch(session.id, now);
  return { outcome: 'identified', identity: result.identity };
}
