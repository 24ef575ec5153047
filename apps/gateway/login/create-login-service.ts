import { ERRORS } from '#errors';
import type { DisabledPeople } from '#identity';
import type { Config } from '#config';
import { OidcStrategy, logout, type LoginPorts } from '#login';
import type { Store } from '#store';
import type { StartAct } from '../http/ports.ts';
import type { LoginIssuers } from './login-issuers.ts';
import type { NamePerson } from './name-person.ts';

export interface LoginService {
  readonly strategy: OidcStrategy;
  /** Issuers that people can log in with. */
  listIssuers(): { name: string; displayName: string }[];
  /** As rules and the audit log name whoever has logged in. */
  usernameOf(login: { readonly issuer: string; readonly claims: Readonly<Record<string, unknown>> }): string;
  /** `redirectTo`: where the browser logs out of the provider. */
  logout(cookieHeader: string | undefined): Promise<{ setCookie: string; redirectTo?: string }>;
}

/** Wires browser login: sessions named by the snapshot's Issuers, transactions sealed with the gateway's key. */
export function createLoginService(options: {
  config: Config;
  startAct: StartAct;
  store: Store;
  readonly issuers: LoginIssuers;
  claimState: LoginPorts['claimState'];
  readonly namePerson: NamePerson;
  /** The client's address, believing only trusted proxies. */
  readonly sourceAddress: NonNullable<LoginPorts['sourceAddress']>;
  readonly disabledPeople: DisabledPeople;
  /** Resolves when every worker has forgotten what it remembered of sessions. */
  applied(): Promise<void>;
  now(): number;
}): LoginService {
  const { config, store, issuers, claimState, namePerson, disabledPeople, applied, now } = options;
  const context = { table: 'cookie', row: 'login', field: 'transaction', binding: config.externalUrl };
  const base = config.externalUrl.replace(/\/$/, '');
  const usernameOf: LoginService['usernameOf'] = ({ issuer, claims }) => {
    const named = namePerson(issuer, claims);
    return named.ok ? named.identity.username : '';
  };
  const ports: LoginPorts = {
    providers: issuers.providers,
    sessions: {
      ...store.sessions,
      async create(session, tokens) {
        const named = namePerson(session.issuer, session.claims);
        // Access tokens act by the claims of their owner's last login: what the provider takes away is gone there too.
        if (named.ok) {
          const { issuer, issuerUrl, subject, username, claims } = named.identity;
          await store.users.noteSeen([{ issuer, issuerUrl, subject, username, claims, atMs: session.createdAtMs }]);
        }
        return await store.sessions.create(session, tokens);
      },
    },
    findClaimProblem(issuerName, claims) {
      const named = namePerson(issuerName, claims);
      if (!named.ok) return named.message;
      const { issuerUrl, subject } = named.identity;
      return disabledPeople.has(issuerUrl, subject) ? ERRORS.userDisabled.message : undefined;
    },
    async beforeSession(request, { issuer, subject, claims, sessionId }) {
      const person = { issuer, subject, username: usernameOf({ issuer, claims }) };
      await options.startAct({ request, verb: 'login', resource: 'sessions', name: sessionId, person });
    },
    sealer: {
      seal: (clear) => store.sealer.seal(clear, context),
      open: (sealed) => store.sealer.open(sealed, context),
    },
    claimState,
    sourceAddress: options.sourceAddress,
    callbackUrl: `${base}/-/auth/callback`,
    ...config.session,
    now,
  };
  return {
    strategy: new OidcStrategy(ports),
    listIssuers: issuers.list,
    usernameOf,
    async logout(cookieHeader) {
      const ended = await logout(cookieHeader, {
        sessions: store.sessions,
        providers: issuers.providers,
        afterLogoutUrl: `${base}/-/`,
      });
      await applied();
      return ended;
    },
  };
}
