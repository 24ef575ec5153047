import { createProviders, type LoginIssuer, type Providers } from '#login';
import type { Snapshot } from '#pipeline';
import { splitSecrets, type ResourceObject } from '#resources';
import type { Store } from '#store';

export interface LoginIssuers {
  readonly providers: Providers;
  /** Issuers that people can log in with. */
  list(): { name: string; displayName: string }[];
  /** The client that this gateway is at the provider with this `iss`. */
  clientAt(issuerUrl: string): { readonly issuer: string; readonly clientId: string } | undefined;
}

interface IssuerSpec {
  readonly issuer: { readonly url: string; readonly discoveryURL?: string; readonly certificateAuthority?: string };
  readonly login?: {
    readonly clientID: string;
    readonly clientKeyID?: string;
    readonly scopes?: readonly string[];
    readonly prompt?: string;
    readonly claimsFromUserinfo?: boolean;
    readonly endsProviderSession?: boolean;
    readonly displayName?: string;
  };
}

/** Login clients of the snapshot's Issuers, with their secrets from the store. */
export function createLoginIssuers(options: {
  snapshot(): Snapshot;
  readonly secrets: Store['secrets'];
  readonly allowLoopback: boolean;
  now(): number;
}): LoginIssuers {
  const { snapshot, secrets, now } = options;
  const objects = (): ResourceObject<unknown>[] =>
    snapshot().objects.filter((object) => object.kind === 'Issuer' && (object.spec as IssuerSpec).login !== undefined);
  const read = async (name: string): Promise<LoginIssuer | undefined> => {
    const object = objects().find((entry) => entry.metadata.name === name);
    if (!object) return undefined;
    const { issuer, login } = object.spec as IssuerSpec & { login: NonNullable<IssuerSpec['login']> };
    const { binding } = splitSecrets(object);
    const secret = (field: string) => secrets.read('Issuer', object.metadata.uid ?? '', field, binding);
    return {
      name,
      url: issuer.url,
      discoveryUrl: issuer.discoveryURL,
      certificateAuthority: issuer.certificateAuthority,
      clientId: login.clientID,
      clientSecret: await secret('clientSecret'),
      clientKey: await secret('clientKey'),
      clientKeyId: login.clientKeyID,
      scopes: login.scopes ?? ['openid'],
      prompt: login.prompt,
      allowLoopback: options.allowLoopback,
      claimsFromUserinfo: login.claimsFromUserinfo ?? false,
      endsProviderSession: login.endsProviderSession ?? true,
    };
  };
  return {
    providers: createProviders(read, now),
    list: () =>
      objects().map((object) => ({
        name: object.metadata.name,
        displayName: (object.spec as IssuerSpec).login?.displayName ?? object.metadata.name,
      })),
    clientAt(issuerUrl) {
      const object = objects().find((entry) => (entry.spec as IssuerSpec).issuer.url === issuerUrl);
      const clientId = (object?.spec as IssuerSpec | undefined)?.login?.clientID;
      return object && clientId !== undefined ? { issuer: object.metadata.name, clientId } : undefined;
    },
  };
}
