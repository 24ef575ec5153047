/** What login needs of an Issuer. `clientSecret` is the opened secret; a public client has none. */
export interface LoginIssuer {
  readonly name: string;
  readonly url: string;
  readonly discoveryUrl: string | undefined;
  readonly certificateAuthority: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** PEM of the key that the client signs assertions with (`private_key_jwt`) instead of a secret. */
  readonly clientKey?: string | undefined;
  /** `kid` of its public part at the provider. */
  readonly clientKeyId?: string | undefined;
  readonly scopes: readonly string[];
  /** What to ask of the provider at each login; `default` leaves it to the provider. */
  readonly prompt?: string | undefined;
  /** Whether claims that the ID token lacks are fetched from the userinfo endpoint. */
  readonly claimsFromUserinfo: boolean;
  /** Whether logging out here leads the browser to log out there. */
  readonly endsProviderSession: boolean;
  /** Algorithms that an ID token may be signed with; all asymmetric ones where absent. */
  readonly signingAlgorithms?: readonly string[] | undefined;
  /** Names that resolve to this machine may be connected to; a provider that is named so is, in any case. */
  readonly allowLoopback?: boolean | undefined;
}
