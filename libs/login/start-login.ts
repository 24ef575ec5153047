import * as client from 'openid-client';
import { SESSION_COOKIE, cookieValues, loginCookie } from './cookies.ts';
import type { LoginPorts } from './ports.ts';
import type { Demands } from './read-demands.ts';
import { readReturnTo } from './return-to.ts';
import { TRANSACTION_SECONDS, type Transaction } from './transaction.ts';

/**
 * Begins a login: where to send the browser, and the cookie that only this browser will bring back.
 * The callback is the configured one, never made from `Host`.
 * @throws GatehouseError notFound, identityUnavailable.
 */
export async function startLogin(
  input: {
    readonly issuer: string;
    readonly returnTo: unknown;
    readonly cookieHeader?: string | undefined;
    readonly demands?: Demands;
  },
  ports: LoginPorts,
): Promise<{ redirectTo: string; setCookie: string }> {
  const { issuer, configuration } = await ports.providers.configure(input.issuer);
  const { demands = {} } = input;
  const transaction: Transaction = {
    issuer: issuer.name,
    state: client.randomState(),
    nonce: client.randomNonce(),
    codeVerifier: client.randomPKCECodeVerifier(),
    returnTo: readReturnTo(input.returnTo),
    startedAtMs: ports.now(),
    demands,
    formerSessions: cookieValues(input.cookieHeader, SESSION_COOKIE).filter(isToken).slice(0, MAX_FORMER_SESSIONS),
  };
  const redirectTo = client.buildAuthorizationUrl(configuration, {
    redirect_uri: ports.callbackUrl,
    scope: issuer.scopes.join(' '),
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(transaction.codeVerifier),
    code_challenge_method: 'S256',
    ...(demands.maxAgeSeconds === undefined ? {} : { max_age: String(demands.maxAgeSeconds) }),
    ...(demands.acrValues === undefined ? {} : { acr_values: demands.acrValues.join(' ') }),
    ...(demands.prompt === undefined ? {} : { prompt: demands.prompt }),
  });
  return {
    redirectTo: redirectTo.href,
    setCookie: loginCookie(ports.sealer.seal(JSON.stringify(transaction)), TRANSACTION_SECONDS),
  };
}

/** A browser holds one; planted ones must not make the sealed cookie too large to be kept. */
const MAX_FORMER_SESSIONS = 2;
const isToken = (value: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(value);
