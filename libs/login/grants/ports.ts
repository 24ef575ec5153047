/** Whom a grant speaks for, once they have approved it. */
export interface GrantOwner {
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly username: string;
}

/** What a program without a browser session asks for: an access token of whoever approves it. */
export interface LoginGrant {
  readonly id: string;
  /** `device`: RFC 8628, the person types a code. `code`: RFC 6749 with PKCE, the browser is sent back to the program. */
  readonly kind: 'device' | 'code';
  readonly state: 'pending' | 'approved' | 'denied';
  /** What the program says of itself; nobody has checked it. */
  readonly clientId: string;
  readonly clientName: string;
  readonly sourceAddress: string;
  /** Of kind `code`. */
  readonly redirectUri: string | undefined;
  /** PKCE S256 challenge, of kind `code`. */
  readonly challenge: string | undefined;
  readonly owner: GrantOwner | undefined;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** When the program last asked; undefined where it never did. */
  readonly polledAtMs: number | undefined;
}

/** How many device logins may be kept, from one source and in total; 0 is no limit. */
export interface GrantRoom {
  readonly source: string;
  readonly maxOfSource: number;
  readonly max: number;
}

export interface LoginGrantStore {
  /**
   * Digests are SHA-256 (hex) of the device code or authorization code, and of the user code. With `room` nothing is
   * stored where there is none: expired ones go first, the oldest of them before the others.
   */
  createGrant(
    grant: Omit<LoginGrant, 'polledAtMs'> & { readonly digest: string; readonly userCodeDigest: string | undefined },
    room?: GrantRoom,
  ): Promise<'created' | 'fullOfSource' | 'full'>;
  findGrantByUserCode(userCodeDigest: string): Promise<LoginGrant | undefined>;
  /** False where it is not pending any more. */
  settleGrant(id: string, state: 'approved' | 'denied', owner: GrantOwner): Promise<boolean>;
  /** The grant as it was, with the time of the poll before; notes this one. */
  pollGrant(digest: string, nowMs: number): Promise<LoginGrant | undefined>;
  /** Removes an approved one. True for exactly one caller, whatever worker or replica it asks. */
  takeGrant(id: string): Promise<boolean>;
  /** Removes those that ended before this. */
  deleteGrantsEndedBefore(ms: number): Promise<void>;
}

/** RFC 6749 section 5.2 and RFC 8628 section 3.5. */
export type GrantError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'authorization_pending'
  | 'slow_down'
  | 'temporarily_unavailable'
  | 'access_denied'
  | 'expired_token';

export interface GrantRefusal {
  readonly ok: false;
  readonly error: GrantError;
  /** For the person behind the program. */
  readonly description: string;
  /** Of an approved grant that a wrong proof has used up, or a refused one: whom the record names. */
  readonly grant?: LoginGrant;
}
