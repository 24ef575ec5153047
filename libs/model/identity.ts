import type { Narrowing } from './narrowing.ts';

declare const mintedByIdentity: unique symbol;

/** What proved the person. `id` is safe to log: a digest for bearers, the row id for sessions; never the secret. */
export interface Credential {
  readonly kind: 'bearer' | 'session' | 'token';
  readonly id: string;
  /** Of an access token. */
  readonly token?: { readonly name: string; readonly createdAtMs: number };
}

/**
 * An authenticated person, as the issuer's claim mappings name them. Minted by `#identity` only.
 * Access rules judge this, never the mapped names.
 */
export interface Identity {
  readonly [mintedByIdentity]: true;
  /** `metadata.name` of the Issuer object. */
  readonly issuer: string;
  /** The `iss` claim. */
  readonly issuerUrl: string;
  /** The `sub` claim; (issuerUrl, subject) is what identifies a person across renames. */
  readonly subject: string;
  /** After `claimMappings.username`, prefix included. */
  readonly username: string;
  /** After `claimMappings.groups`, prefix included. */
  readonly groups: readonly string[];
  readonly uid: string | undefined;
  /** From `claimMappings.extra`; keys lower-case. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
  /** The verified claims, for mappings that read more than user and groups. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The `auth_time` claim: when the person last proved who they are; Unix seconds. */
  readonly authenticatedAtSeconds: number | undefined;
  readonly acr: string | undefined;
  readonly credential: Credential;
  /** Of an access token; its owner's rules are judged as well. */
  readonly narrowing?: Narrowing | undefined;
  /** When the credential ends; Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** Three answers, never two: an absent credential is not a failed one, and neither ever falls back to another. */
export type Authentication =
  | { readonly outcome: 'notPresented'; readonly message?: string }
  | { readonly outcome: 'identified'; readonly identity: Identity }
  | {
      readonly outcome: 'failed';
      readonly code:
        | 'invalidCredential'
        | 'expiredCredential'
        | 'twoCredentials'
        | 'identityUnavailable'
        | 'userDisabled'
        | 'tooManyRequests';
      readonly message: string;
    };
