import { createHash } from 'node:crypto';
import type { ErrorCode } from '#errors';
import type { CompiledIssuers, KeySets } from '#identity';
import { readLogoutToken, type LogoutIssuer, type LogoutOrder, type SessionFilter, type SessionStore } from '#login';
import type { Sessions, SessionView } from '../people/sessions.ts';
import type { LoginIssuers } from './login-issuers.ts';

export type LoggedOut =
  | { readonly ok: true; readonly order: LogoutOrder; readonly sessions: readonly SessionView[] }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export interface BackchannelLogoutPorts {
  readonly issuers: Pick<LoginIssuers, 'clientAt'>;
  compiled(): CompiledIssuers;
  readonly keySets: KeySets;
  readonly sessions: Sessions;
  readonly store: Pick<SessionStore, 'claimLogoutToken'>;
  now(): number;
}

/** @param before called with a token that is good, before anything is ended; what it throws ends nothing. */
export type BackchannelLogout = (
  logoutToken: string,
  before: (order: LogoutOrder) => Promise<void>,
) => Promise<LoggedOut>;

/**
 * A provider's own word that somebody has logged out there, or was logged out (OpenID Connect Back-Channel Logout 1.0).
 * Each token counts once; that it ends no session (any more) is no fault of its sender.
 */
export function createBackchannelLogout(ports: BackchannelLogoutPorts): BackchannelLogout {
  const { sessions, now } = ports;
  return async (logoutToken, before) => {
    const read = await readLogoutToken(logoutToken, { issuerByUrl: (url) => findIssuer(url, ports), now });
    if (!read.ok) return read;
    const { order } = read;
    await before(order);
    const id = createHash('sha256')
      .update(JSON.stringify([order.issuerUrl, order.jti]))
      .digest('hex');
    if (!(await ports.store.claimLogoutToken(id, order.expiresAtMs)))
      return { ok: false, code: 'badRequest', message: 'the logout token has been used before' };
    const filters = filtersOf(order);
    const ending = (await Promise.all(filters.map((filter) => sessions.list(filter)))).flat();
    for (const filter of filters) await sessions.end(filter);
    return { ok: true, order, sessions: ending };
  };
}

/**
 * By `sid` that session; beside it `sub` is a second condition. Sessions of the person of which the provider never named
 * its own cannot be told apart, and end as well.
 */
function filtersOf({ issuerUrl, sid, subject }: LogoutOrder): SessionFilter[] {
  const person = subject === undefined ? {} : { subject };
  if (sid === undefined) return [{ issuerUrl, ...person }];
  const exact = { issuerUrl, providerSessionId: sid, ...person };
  return subject === undefined ? [exact] : [exact, { issuerUrl, subject, providerSessionId: null }];
}

function findIssuer(url: string, { issuers, compiled, keySets }: BackchannelLogoutPorts): LogoutIssuer | undefined {
  const issuer = compiled().byUrl(url);
  const client = issuer && issuers.clientAt(url);
  if (!client) return undefined;
  return {
    name: client.issuer,
    url,
    clientId: client.clientId,
    algorithms: issuer.algorithms,
    async findKey(kid, algorithm) {
      const found = await keySets.find(issuer, kid, algorithm);
      return found.outcome === 'found' ? found.key : found.outcome;
    },
  };
}
