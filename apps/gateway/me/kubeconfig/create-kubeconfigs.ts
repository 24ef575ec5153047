import { GatehouseError } from '#errors';
import type { AccessTokenStore, UserStore } from '#login';
import type { Identity } from '#model';
import type { Snapshot } from '#pipeline';
import { saveToken } from '../access-tokens.ts';
import { writeKubeconfig, type KubeconfigLogin } from './write-kubeconfig.ts';

export interface Kubeconfigs {
  /**
   * For every cluster that sees this person. `query.with` is `token`, `gatehouse`, `shell` or `kubelogin`; where it is
   * absent, `token` for whoever sends a bearer (which it then holds), and `shell` in a session.
   * @throws GatehouseError invalid, notFound.
   */
  read(person: Identity, query: Readonly<Record<string, unknown>>, bearer: string | undefined): Promise<string>;
  /** With a token that is made for it. @throws GatehouseError denied (by a token). */
  create(person: Identity): Promise<{ readonly text: string; readonly tokenId: string; readonly expiresAtMs: number }>;
}

export interface KubeconfigsPorts {
  snapshot(): Snapshot;
  /** Clusters that see this person, the default one marked. */
  clustersOf(person: Identity): Promise<readonly { readonly name: string; readonly default: boolean }[]>;
  readonly accessTokens: AccessTokenStore;
  readonly users: UserStore;
  readonly lifetimeSeconds: number;
  readonly externalUrl: string;
  certificateAuthority(): string | undefined;
  now(): number;
}

interface IssuerSpec {
  readonly issuer: { readonly url: string; readonly certificateAuthority?: string };
  readonly login?: { readonly clientID: string; readonly scopes?: readonly string[] };
}

/** Reading makes nothing, since a GET changes no state: a kubeconfig with a token of its own is made by POST. */
export function createKubeconfigs(ports: KubeconfigsPorts): Kubeconfigs {
  async function write(person: Identity, login: KubeconfigLogin): Promise<string> {
    const clusters = await ports.clustersOf(person);
    return writeKubeconfig({
      gatewayUrl: ports.externalUrl,
      certificateAuthority: ports.certificateAuthority(),
      clusters: clusters.map(({ name }) => name),
      current: (clusters.find((cluster) => cluster.default) ?? clusters[0])?.name,
      user: `gatehouse-${person.issuer}`,
      login,
    });
  }

  function kubelogin(person: Identity, clientId: unknown): KubeconfigLogin {
    const issuer = ports
      .snapshot()
      .objects.find(({ kind, metadata }) => kind === 'Issuer' && metadata.name === person.issuer);
    const spec = issuer?.spec as IssuerSpec | undefined;
    const id = clientId ?? spec?.login?.clientID;
    if (!spec || typeof id !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(id))
      throw new GatehouseError('invalid', 'your issuer has no login client; name one with &clientID=…');
    return {
      with: 'kubelogin',
      issuerUrl: spec.issuer.url,
      clientId: id,
      scopes: spec.login?.scopes ?? [],
      certificateAuthority: spec.issuer.certificateAuthority,
    };
  }

  return {
    async read(person, query, bearer) {
      const form = query.with ?? (bearer === undefined ? 'shell' : 'token');
      if (form === 'gatehouse' || form === 'shell') return await write(person, { with: form });
      if (form === 'kubelogin') return await write(person, kubelogin(person, query.clientID));
      if (form !== 'token') throw new GatehouseError('invalid', 'with is one of token, gatehouse, shell, kubelogin');
      if (bearer === undefined) throw new GatehouseError('invalid', 'a token is made by POST; a GET changes nothing');
      return await write(person, { with: 'token', token: bearer });
    },
    async create(person) {
      if (person.credential.kind === 'token')
        throw new GatehouseError('denied', 'an access token cannot make access tokens; log in, or use an ID token');
      const nowMs = ports.now();
      const { issuer, issuerUrl, subject, username, claims } = person;
      await ports.users.noteSeen([{ issuer, issuerUrl, subject, username, claims, atMs: nowMs }]);
      const { token, summary } = await saveToken(ports.accessTokens, {
        name: 'kubeconfig',
        issuer,
        issuerUrl,
        subject,
        username,
        narrowing: {},
        createdBy: username,
        origin: 'kubeconfig',
        createdAtMs: nowMs,
        expiresAtMs: nowMs + ports.lifetimeSeconds * 1000,
      });
      const text = await write(person, { with: 'token', token });
      return { text, tokenId: summary.id, expiresAtMs: summary.expiresAtMs };
    },
  };
}
