import * as client from 'openid-client';
import { GatehouseError } from '#errors';
import { describeClientRefusal, isClientRefusal } from './client-refusal.ts';
import { SESSION_COOKIE, cookieValues, loginCookie } from './cookies.ts';
import type { LoginPorts } from './ports.ts';
import type { Demands } from './read-demands.ts';
import type { LoginIssuer } from './login-issuer.ts';
import { OFFLINE, scopesToAsk } from './refresh-session.ts';
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
  const scopes = scopesToAsk(issuer, configuration.serverMetadata());
  const prompt = promptOf(issuer, scopes, demands);
  const redirectTo = await askFor(configuration, {
    redirect_uri: ports.callbackUrl,
    scope: scopes.join(' '),
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(transaction.codeVerifier),
    code_challenge_method: 'S256',
    ...(demands.maxAgeSeconds === undefined ? {} : { max_age: String(demands.maxAgeSeconds) }),
    ...(demands.acrValues === undefined ? {} : { acr_values: demands.acrValues.join(' ') }),
    ...(prompt === undefined ? {} : { prompt }),
  });
  return {
    redirectTo: redirectTo.href,
    setCookie: loginCookie(ports.sealer.seal(JSON.stringify(transaction)), TRANSACTION_SECONDS),
  };
}

/**
 * The provider's address to send the browser to. A provider that requires it (RFC 9126) is told the parameters by the
 * gateway itself, and the browser carries a reference to them.
 * @throws GatehouseError identityUnavailable.
 */
async function askFor(configuration: client.Configuration, parameters: Record<string, string>): Promise<URL> {
  if (configuration.serverMetadata().require_pushed_authorization_requests !== true)
    return client.buildAuthorizationUrl(configuration, parameters);
  try {
    return await client.buildAuthorizationUrlWithPAR(configuration, parameters);
  } catch (cause) {
    const message = isClientRefusal(cause)
      ? describeClientRefusal(configuration.clientMetadata().client_id)
      : 'the login provider does not begin a login; try again later, or ask an admin: the log of the gateway says why';
    throw new GatehouseError('identityUnavailable', message, { cause });
  }
}

/**
 * OpenID Connect Core section 11 wants consent asked for with `offline_access`; a provider where people cannot consent
 * by themselves has `prompt: default` in its Issuer.
 */
function promptOf(issuer: LoginIssuer, scopes: readonly string[], demands: Demands): string | undefined {
  const own = issuer.prompt ?? (scopes.includes(OFFLINE) ? 'consent' : 'default');
  const asked = [demands.prompt, own].filter((value) => value !== undefined && value !== 'default');
  return asked.length === 0 ? undefined : [...new Set(asked)].join(' ');
}

/** A browser holds one; planted ones must not make the sealed cookie too large to be kept. */
const MAX_FORMER_SESSIONS = 2;
const isToken = (value: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(value);
