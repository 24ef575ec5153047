import { ERRORS } from '#errors';
import type { DisabledPeople } from '#identity';
import type { Config } from '#config';
import { OidcStrategy, createProviders, logout, type LoginIssuer, type LoginPorts } from '#login';
import type { Snapshot } from '#pipeline';
import { splitSecrets, type ResourceObject } from '#resources';
import type { Store } from '#store';
import type { NamePerson } from './name-person.ts';

export interface LoginService {
  readonly strategy: OidcStrategy;
  /** Issuers that people can log in with. */
  listIssuers(): { name: string; displayName: string }[];
  /** As rules and the audit log name whoever has logged in. */
  usernameOf(login: { readonly issuer: string; readonly claims: Readonly<Record<string, unknown>> }): string;
  logout(cookieHeader: string | undefined): Promise<{ setCookie: string }>;
}

interface IssuerSpec {
  readonly issuer: { readonly url: string; readonly discoveryURL?: string; readonly certificateAuthority?: string };
  readonly login?: { readonly clientID: string; readonly scopes?: readonly string[]; readonly displayName?: string };
}

/** Wires browser login: issuers from the snapshot, client secrets from the store, transactions sealed with the gateway's key. */
export function createLoginService(options: {
  config: Config;
  snapshot(): Snapshot;
  store: Store;
  claimState: LoginPorts['claimState'];
  readonly namePerson: NamePerson;
  /** The client's address, believing only trusted proxies. */
  readonly sourceAddress: NonNullable<LoginPorts['sourceAddress']>;
  readonly disabledPeople: DisabledPeople;
  /** Resolves when every worker has forgotten what it remembered of sessions. */
  applied(): Promise<void>;
  now(): number;
}): LoginService {
  const { config, snapshot, store, claimState, namePerson, disabledPeople, applied, now } = options;
  const issuerObjects = (): ResourceObject<unknown>[] =>
    snapshot().objects.filter((object) => object.kind === 'Issuer' && (object.spec as IssuerSpec).login !== undefined);
  const readIssuer = async (name: string): Promise<LoginIssuer | undefined> => {
    const object = issuerObjects().find((entry) => entry.metadata.name === name);
    if (!object) return undefined;
    const { issuer, login } = object.spec as IssuerSpec & { login: NonNullable<IssuerSpec['login']> };
    return {
      name,
      url: issuer.url,
      discoveryUrl: issuer.discoveryURL,
      certificateAuthority: issuer.certificateAuthority,
      clientId: login.clientID,
      clientSecret: await store.secrets.read(
        'Issuer',
        object.metadata.uid ?? '',
        'clientSecret',
        splitSecrets(object).binding,
      ),
      scopes: login.scopes ?? ['openid'],
      allowLoopback: config.outbound.insecureAllowLoopback,
    };
  };
  const context = { table: 'cookie', row: 'login', field: 'transaction', binding: config.externalUrl };
  const ports: LoginPorts = {
    providers: createProviders(readIssuer, now),
    sessions: {
      ...store.sessions,
      async create(session) {
        const named = namePerson(session.issuer, session.claims);
        // Access tokens act by the claims of their owner's last login: what the provider takes away is gone there too.
        if (named.ok) {
          const { issuer, issuerUrl, subject, username, claims } = named.identity;
          await store.users.noteSeen([{ issuer, issuerUrl, subject, username, claims, atMs: session.createdAtMs }]);
        }
        return await store.sessions.create(session);
      },
    },
    findClaimProblem(issuerName, claims) {
      const named = namePerson(issuerName, claims);
      if (!named.ok) return named.message;
      const { issuerUrl, subject } = named.identity;
      return disabledPeople.has(issuerUrl, subject) ? ERRORS.userDisabled.message : undefined;
    },
    sealer: {
      seal: (clear) => store.sealer.seal(clear, context),
      open: (sealed) => store.sealer.open(sealed, context),
    },
    claimState,
    sourceAddress: options.sourceAddress,
    callbackUrl: `${config.externalUrl.replace(/\/$/, '')}/-/auth/callback`,
    idleTimeoutSeconds: config.session.idleTimeoutSeconds,
    absoluteTimeoutSeconds: config.session.absoluteTimeoutSeconds,
    now,
  };
  return {
    strategy: new OidcStrategy(ports),
    listIssuers: () =>
      issuerObjects().map((object) => ({
        name: object.metadata.name,
        displayName: (object.spec as IssuerSpec).login?.displayName ?? object.metadata.name,
      })),
    usernameOf({ issuer, claims }) {
      const named = namePerson(issuer, claims);
      return named.ok ? named.identity.username : '';
    },
    async logout(cookieHeader) {
      const ended = await logout(cookieHeader, store.sessions);
      await applied();
      return ended;
    },
  };
}
