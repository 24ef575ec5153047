/** What the tests' realm holds; the shape of Keycloak's own realm export. */
export interface RealmOptions {
  readonly gatewayUrl: string;
  readonly clientSecret: string;
  /** By name. */
  readonly people: Readonly<Record<string, { readonly password: string; readonly groups: readonly string[] }>>;
}

export const REALM = 'people';
export const CLIENT_ID = 'gatehouse';

/** Groups in the ID token by their plain names, a login client with back-channel logout, and people in groups. */
export function realmOf({ gatewayUrl, clientSecret, people }: RealmOptions): object {
  const groups = new Set(Object.values(people).flatMap((person) => person.groups));
  return {
    realm: REALM,
    enabled: true,
    sslRequired: 'all',
    groups: [...groups].map((name) => ({ name })),
    users: Object.entries(people).map(([username, { password, groups: of }]) => ({
      username,
      enabled: true,
      email: `${username}@example.com`,
      emailVerified: true,
      firstName: username,
      lastName: 'Example',
      credentials: [{ type: 'password', value: password, temporary: false }],
      groups: of.map((name) => `/${name}`),
    })),
    clients: [
      {
        clientId: CLIENT_ID,
        secret: clientSecret,
        enabled: true,
        protocol: 'openid-connect',
        publicClient: false,
        standardFlowEnabled: true,
        directAccessGrantsEnabled: false,
        redirectUris: [`${gatewayUrl}/-/auth/callback`],
        attributes: {
          'post.logout.redirect.uris': `${gatewayUrl}/-/`,
          'backchannel.logout.url': `${gatewayUrl}/-/auth/backchannel-logout`,
          'backchannel.logout.session.required': 'true',
          'pkce.code.challenge.method': 'S256',
        },
        protocolMappers: [
          {
            name: 'groups',
            protocol: 'openid-connect',
            protocolMapper: 'oidc-group-membership-mapper',
            config: {
              'claim.name': 'groups',
              'full.path': 'false',
              'id.token.claim': 'true',
              'access.token.claim': 'false',
              'userinfo.token.claim': 'true',
            },
          },
        ],
      },
    ],
  };
}
